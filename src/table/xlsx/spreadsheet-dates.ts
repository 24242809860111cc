import type { RichValue } from '../cell-value.js';

const DAY_MS = 86_400_000;
/** Serial 0 for all dates from March 1900 on: spreadsheets count a 29 February 1900 that never was. */
const EPOCH_MS = Date.UTC(1899, 11, 30);
/** Days from the epoch of 1900 to that of 1904. */
export const DAYS_TO_1904 = 1462;
/** 9999-12-31, the last day that a spreadsheet knows. */
const LAST_SERIAL = 2_958_466;
const FIRST_REAL_SERIAL = 61;

export const DATE_FORMAT = 'yyyy-mm-dd';
export const DATETIME_FORMAT = 'yyyy-mm-dd hh:mm:ss';
export const TIME_FORMAT = 'hh:mm:ss';

/** Formats that a workbook names by number alone (ECMA-376, 18.8.30), and those of East Asian settings, which are dates. */
const BUILT_IN: Readonly<Record<number, string>> = {
  1: '0',
  2: '0.00',
  3: '#,##0',
  4: '#,##0.00',
  9: '0%',
  10: '0.00%',
  11: '0.00E+00',
  12: '# ?/?',
  13: '# ??/??',
  14: 'mm-dd-yy',
  15: 'd-mmm-yy',
  16: 'd-mmm',
  17: 'mmm-yy',
  18: 'h:mm AM/PM',
  19: 'h:mm:ss AM/PM',
  20: 'h:mm',
  21: 'h:mm:ss',
  22: 'm/d/yy h:mm',
  37: '#,##0 ;(#,##0)',
  38: '#,##0 ;[Red](#,##0)',
  39: '#,##0.00;(#,##0.00)',
  40: '#,##0.00;[Red](#,##0.00)',
  45: 'mm:ss',
  46: '[h]:mm:ss',
  47: 'mmss.0',
  48: '##0.0E+0',
  49: '@',
};

/** The code of a format that has no entry in the workbook's list. */
export function builtInFormat(id: number): string {
  if ((id >= 27 && id <= 36) || (id >= 50 && id <= 58)) return DATE_FORMAT;
  return BUILT_IN[id] ?? 'General';
}

/** What of a moment a format shows; nothing for formats of plain numbers. Asked once a format. */
export function momentParts(format: string): { days: boolean; hours: boolean } | null {
  // Quoted text, escaped characters, colours and locales say nothing; elapsed time such as [h] does.
  const code = format
    .replace(/"[^"]*"|\\.|_.|\*./g, '')
    .replace(/\[(?!h+\]|m+\]|s+\])[^\]]*\]/gi, '')
    .split(';')[0]!;
  if (/general|^@$/i.test(code)) return null;
  const hours = /[hs]/i.test(code);
  const days = /[yd]/i.test(code) || (!hours && /m/i.test(code));
  return days || hours ? { days, hours } : null;
}

/** A number of a spreadsheet, read as its format shows it. Dates count from 1900; to the millisecond. */
export function shownNumber(
  serial: number,
  format: string,
  parts: { days: boolean; hours: boolean } | null,
): number | RichValue {
  if (format === 'General') return serial;
  const plain = { kind: 'number', text: String(serial), serial, format } as const;
  if (parts === null || !Number.isFinite(serial) || serial < 0 || serial >= LAST_SERIAL) return plain;
  const ms = Math.round(serial * DAY_MS);
  if (!parts.days || (parts.hours && ms < DAY_MS)) {
    return { kind: 'time', text: elapsed(ms), serial, format };
  }
  // 60 is the day that never was; 1 to 59 lie one day later than they count.
  const day = Math.floor(ms / DAY_MS);
  if (day === FIRST_REAL_SERIAL - 1 || day === 0) return plain;
  const iso = new Date(EPOCH_MS + ms + (day < FIRST_REAL_SERIAL ? DAY_MS : 0)).toISOString();
  if (!parts.hours && ms % DAY_MS === 0) return { kind: 'date', text: iso.slice(0, 10), serial, format };
  return { kind: 'datetime', text: iso.slice(0, -1).replace(/\.000$/, ''), serial, format };
}

function elapsed(ms: number): string {
  const two = (value: number) => String(value).padStart(2, '0');
  const seconds = Math.floor(ms / 1000);
  const rest = ms % 1000 === 0 ? '' : `.${String(ms % 1000).padStart(3, '0')}`;
  return `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}${rest}`;
}

/**
 * The serial of a moment that stands as ISO text; undefined where a spreadsheet could not hold it exactly: before March 1900,
 * finer than a millisecond, or with an offset.
 */
export function serialOf(value: RichValue): { serial: number; format: string } | undefined {
  const { kind, text } = value;
  if (kind === 'time') {
    const parts = /^(\d\d):(\d\d):(\d\d)(?:\.(\d{1,3})0*)?$/.exec(text);
    if (parts === null) return undefined;
    const [, h, m, s, fraction = ''] = parts;
    const ms = ((Number(h) * 60 + Number(m)) * 60 + Number(s)) * 1000 + Number(fraction.padEnd(3, '0'));
    return { serial: ms / DAY_MS, format: TIME_FORMAT };
  }
  const parts = /^(\d{4}-\d\d-\d\d)(?:T(\d\d:\d\d:\d\d)(?:\.(\d{1,3})0*)?)?$/.exec(text);
  if (parts === null) return undefined;
  const [, day, time = '00:00:00', fraction = ''] = parts;
  const ms = Date.parse(`${day}T${time}.${fraction.padEnd(3, '0')}Z`) - EPOCH_MS;
  const serial = ms / DAY_MS;
  if (!(serial >= FIRST_REAL_SERIAL && serial < LAST_SERIAL)) return undefined;
  return { serial, format: kind === 'date' ? DATE_FORMAT : DATETIME_FORMAT };
}
