import { describe, expect, it } from 'vitest';
import { createProgress, formatDuration } from '../../src/cli/progress.js';
import { detectTerminal } from '../../src/cli/terminal.js';

const PLAIN = { interactive: false, colour: false, width: 80 };

function recorder(terminal = PLAIN) {
  let clock = 0;
  let written = '';
  const progress = createProgress({ terminal, write: (text) => (written += text), now: () => clock });
  return { progress, wait: (ms: number) => (clock += ms), text: () => written };
}

describe('progress without a terminal', () => {
  it('writes a line every five seconds, with rate, ETA and failures', () => {
    const { progress, wait, text } = recorder();
    for (let done = 0; done <= 100; done++) {
      progress.update({ model: 'scout', done, total: 200, failed: done >= 50 ? 1 : 0 });
      wait(100);
    }
    const lines = text().trimEnd().split('\n');
    expect(lines).toEqual([
      'scout: 50/200 rows, 10.0 rows/s, ETA 0:15, failed 1',
      'scout: 100/200 rows, 10.0 rows/s, ETA 0:10, failed 1',
    ]);
    expect(text()).not.toContain('\u001b');
    expect(text()).not.toContain('\r');
  });

  it('does not count rows of an earlier run into the rate', () => {
    const { progress, wait, text } = recorder();
    progress.update({ model: 'a', done: 1000, total: 2000, failed: 0 });
    wait(5_000);
    progress.update({ model: 'a', done: 1010, total: 2000, failed: 0 });
    expect(text()).toBe('a: 1010/2000 rows, 2.0 rows/s, ETA 8:15, failed 0\n');
  });

  it('does without a total', () => {
    const { progress, wait, text } = recorder();
    progress.update({ model: 'a', done: 0, total: undefined, failed: 0 });
    wait(6_000);
    progress.update({ model: 'a', done: 12, total: undefined, failed: 0 });
    expect(text()).toBe('a: 12 rows, 2.0 rows/s, failed 0\n');
  });
});

describe('progress on a terminal', () => {
  it.each([20, 40, 80, 200])('never writes a line wider than %d columns', (width) => {
    const { progress, wait, text } = recorder({ interactive: true, colour: false, width });
    progress.update({ model: 'a_model_with_a_long_name_indeed', done: 3, total: 1_000_000, failed: 12_345 });
    wait(500);
    progress.update({
      model: 'a_model_with_a_long_name_indeed',
      done: 999_999,
      total: 1_000_000,
      failed: 12_345,
    });
    progress.end();
    const drawn = text().replaceAll('\u001b[K', '');
    for (const line of drawn.split(/[\r\n]/)) expect(line.length).toBeLessThan(width);
  });

  it('leaves the last state of each model on a line of its own', () => {
    const { progress, wait, text } = recorder({ interactive: true, colour: false, width: 60 });
    for (const model of ['a', 'b']) {
      for (let done = 0; done <= 3; done++) {
        progress.update({ model, done, total: 3, failed: 0 });
        wait(10);
      }
    }
    progress.end();
    const lines = text().trimEnd().split('\n');
    expect(lines.length).toBe(2);
    expect(lines[0]).toMatch(/\ra \[#+\] 3\/3 .*$/);
    expect(lines[1]).toMatch(/\rb \[#+\] 3\/3 .*$/);
  });

  it('keeps notes whole lines of their own', () => {
    const { progress, text } = recorder({ interactive: true, colour: false, width: 80 });
    progress.update({ model: 'a', done: 1, total: 2, failed: 0 });
    progress.note('a: loaded');
    expect(text()).toContain('\r\u001b[Ka: loaded\n\ra [');
  });
});

it('knows what a terminal can do', () => {
  const tty = { isTTY: true, columns: 100 };
  expect(detectTerminal(tty, {})).toEqual({ interactive: true, colour: true, width: 100 });
  expect(detectTerminal(tty, { NO_COLOR: '1' })).toMatchObject({ interactive: true, colour: false });
  expect(detectTerminal(tty, { CI: 'true' })).toMatchObject({ interactive: false, colour: false });
  expect(detectTerminal(tty, { TERM: 'dumb' })).toMatchObject({ interactive: false, colour: false });
  expect(detectTerminal({}, {})).toEqual({ interactive: false, colour: false, width: 80 });
});

it('writes durations', () => {
  expect([0, 9.4, 75, 3599.6, 11_100, -5].map(formatDuration)).toEqual([
    '0:00',
    '0:09',
    '1:15',
    '1:00:00',
    '3:05:00',
    '0:00',
  ]);
});
