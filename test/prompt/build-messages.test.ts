import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildFrame, buildMessages } from '../../src/prompt/build-messages.js';
import { prepareText } from '../../src/prompt/prepare-text.js';

const PROMPT = { system: 'Judge.', user_template: 'Text:\n{{text}}\nEnd of $& text.' };

describe('buildMessages', () => {
  it.each(['{{text}}', '$& $1 $$ $`', '<|eot_id|>', '{% raw %}', '\\n'])('inserts %s as it is', (text) => {
    expect(buildMessages(PROMPT, text)).toEqual([
      { role: 'system', content: 'Judge.' },
      { role: 'user', content: `Text:\n${text}\nEnd of $& text.` },
    ]);
    expect(buildMessages({ system: 'S' }, text)[1]!.content).toBe(text);
  });

  it('equals the frame with the text in the slot, for every text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const { messages, slot } = buildFrame(PROMPT);
        const parts = messages[1]!.content.split(slot);
        expect(parts.length).toBe(2);
        expect(buildMessages(PROMPT, text)[1]!.content).toBe(parts[0] + prepareText(text) + parts[1]);
      }),
    );
  });

  it('finds a slot that the prompt does not hold', () => {
    const { slot } = buildFrame({ system: 'x' });
    const again = buildFrame({ system: `tricky ${slot}` });
    expect(again.messages[0]!.content.includes(again.slot)).toBe(false);
  });
});

describe('prepareText', () => {
  it('makes well-formed text and changes nothing inside it', () => {
    expect(prepareText('  a\n\n b \u{1F600}\t')).toBe('a\n\n b \u{1F600}');
    expect(prepareText('a\uD83D b\uDE00')).toBe('a\uFFFD b\uFFFD');
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const once = prepareText(text);
        expect(Buffer.from(once, 'utf8').toString('utf8')).toBe(once);
        expect(prepareText(once)).toBe(once);
        expect(once).toBe(Buffer.from(text.trim(), 'utf8').toString('utf8'));
      }),
    );
  });
});
