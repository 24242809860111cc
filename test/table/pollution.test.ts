import { expect, it } from 'vitest';
import { scoreFiles } from './pollution-score.js';
import { pollutedFiles } from './pollutions.js';

it('reads polluted files well, and none of them wrongly without saying so (every 19th; the long test reads all)', async () => {
  const files = pollutedFiles().filter((file, index) => file.name.startsWith('file_') || index % 19 === 0);
  const result = await scoreFiles(files);
  expect(result.files).toBeGreaterThan(120);
  expect(result.silent).toEqual([]);
  // The few that are refused weigh more here than in the whole set.
  expect(result.score).toBeGreaterThanOrEqual(9.6);
});
