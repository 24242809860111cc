import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../src/config/load-config.js';
import { RunScoringError } from '../../src/foundation/errors.js';

/** What becomes of a model id: a hub id, a local folder, or a refusal. */
function kindOf(id: string): string {
  try {
    const text = `models:\n  - name: a\n    model_id: ${JSON.stringify(id)}\n`;
    const [model] = parseConfig(text, '/configs/c.yaml', {}).getEnabledModels();
    return model!.local_path === undefined ? 'hub' : 'folder';
  } catch (error) {
    if (!(error instanceof RunScoringError)) throw error;
    return 'refused';
  }
}

describe('a model id', () => {
  it.each(['owner/name', 'Owner-1/Name_2.3-Instruct'])('%s is of the hub', (id) => {
    expect(kindOf(id)).toBe('hub');
  });

  it.each(['./name', '../models/name', '/models/name'])('%s is a folder, by its form', (id) => {
    expect(kindOf(id)).toBe('folder');
  });

  it.each([
    'name',
    'owner/..',
    'owner/.',
    'owner/../name',
    'owner/name/more',
    'owner//name',
    'owner/name ',
    'own er/name',
    'owner/na\nme',
    'owner/na\u0000me',
    'owner/name?x=1',
    'owner/name#x',
    'owner/name@x',
    'owner\\name',
    'https://example.org/owner/name',
    'file:///etc/passwd',
    'owner/name;rm',
    'owner/$(id)',
    'owner/%2e%2e',
    'ówner/name',
    `owner/${'n'.repeat(200)}`,
  ])('%j is refused', (id) => {
    expect(kindOf(id)).toBe('refused');
  });

  it('of the hub never holds anything that a path or a URL could take for more than two names', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(...'ab/.-_%?#@:\\ \n\u0000é'.split('')), maxLength: 12 }),
        (id) => {
          if (kindOf(id) !== 'hub') return;
          expect(id).toMatch(/^\w[\w.-]*\/\w[\w.-]*$/);
          expect(id).not.toContain('..');
        },
      ),
      { numRuns: 2_000 },
    );
  });
});
