import { expect, it } from 'vitest';
import { scoreFiles } from './pollution-score.js';
import { pollutedFiles } from './pollutions.js';

it('reads polluted files well, and none of them wrongly without saying so', async () => {
  const result = await scoreFiles(pollutedFiles());
  console.log(JSON.stringify({ ...result, refused: result.refused.length, refusals: result.refused }));
  expect(result.files).toBeGreaterThan(2200);
  expect(result.silent).toEqual([]);
  expect(result.score).toBeGreaterThanOrEqual(9.6);
}, 600_000);
