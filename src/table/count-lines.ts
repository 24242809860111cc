/**
 * Counts the line breaks in `bytes[start, end)`: CRLF, LF and a bare CR are one each, mixed or not.
 * `afterReturn` carries over whether the byte before `start` was a CR, so that a CRLF that a chunk
 * boundary cuts counts once.
 */
export function countLines(
  bytes: Uint8Array,
  start: number,
  end: number,
  afterReturn = false,
): { lines: number; afterReturn: boolean } {
  let lines = 0;
  let wasReturn = afterReturn;
  for (let at = start; at < end; at++) {
    const byte = bytes[at]!;
    if (byte > 13) {
      wasReturn = false;
    } else if (byte === 13) {
      lines += 1;
      wasReturn = true;
    } else {
      if (byte === 10 && !wasReturn) lines += 1;
      wasReturn = false;
    }
  }
  return { lines, afterReturn: wasReturn };
}

/** Whether there are more than `lines` line breaks; looks no further than it must. */
export function hasMoreLines(bytes: Uint8Array, lines: number): boolean {
  let seen = 0;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at]!;
    if (byte !== 10 && byte !== 13) continue;
    if (byte === 13 && bytes[at + 1] === 10) at += 1;
    seen += 1;
    if (seen > lines) return true;
  }
  return false;
}
