const NUMBER = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([-+]?\d+))?$/;

/** Whether the double, by the digits that it shows, is the number that the JSON text says: `1.10` is 1.1, `9007199254740993` is none. */
export function isSameNumber(text: string, value: number): boolean {
  return Number.isFinite(value) && plainForm(text) === plainForm(String(value));
}

/** The same for equal numbers: sign, digits without zeros at the ends, and the power of ten behind them. */
function plainForm(text: string): string {
  const [, sign, whole, fraction = '', power = '0'] = NUMBER.exec(text)!;
  const digits = `${whole}${fraction}`.replace(/^0+/, '');
  let end = digits.length;
  while (digits[end - 1] === '0') end -= 1;
  if (end === 0) return '0';
  return `${sign}${digits.slice(0, end)}e${Number(power) - fraction.length + digits.length - end}`;
}
