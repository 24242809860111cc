const CHUNK_BYTES = 1024 * 1024;
/** Begins no UTF-8 text. */
const WIDE_MARK = 0xff;
/** An empty text takes room too. */
const PLACE_BYTES = 12;
const LONE_SURROGATE = /\p{Surrogate}/u;

/** Many texts by their index, outside of the heap, as UTF-8: about a byte a character instead of an object each. */
export class StringArena {
  /** What all texts together take. */
  bytes = 0;
  #chunks: Buffer[] = [];
  #used = 0;
  /** Chunk, start and end of each text. */
  #places = new Int32Array(3 * 1024);
  #count = 0;

  add(text: string): void {
    // A lone surrogate has no UTF-8; with UTF-16 behind a mark it survives.
    const bytes = LONE_SURROGATE.test(text) ? wide(text) : Buffer.from(text, 'utf8');
    if (this.#chunks.length === 0 || this.#used + bytes.length > CHUNK_BYTES) {
      this.#chunks.push(Buffer.allocUnsafeSlow(Math.max(CHUNK_BYTES, bytes.length)));
      this.#used = 0;
    }
    bytes.copy(this.#chunks.at(-1)!, this.#used);
    const at = 3 * this.#count;
    if (at === this.#places.length) {
      const larger = new Int32Array(2 * this.#places.length);
      larger.set(this.#places);
      this.#places = larger;
    }
    this.#places.set([this.#chunks.length - 1, this.#used, this.#used + bytes.length], at);
    this.#used += bytes.length;
    this.bytes += bytes.length + PLACE_BYTES;
    this.#count += 1;
  }

  get(index: number): string | undefined {
    if (!(index >= 0 && index < this.#count)) return undefined;
    const [chunk, start, end] = this.#places.subarray(3 * index, 3 * index + 3);
    const bytes = this.#chunks[chunk!]!.subarray(start, end);
    return bytes[0] === WIDE_MARK ? bytes.toString('utf16le', 1) : bytes.toString('utf8');
  }
}

function wide(text: string): Buffer {
  return Buffer.concat([Buffer.from([WIDE_MARK]), Buffer.from(text, 'utf16le')]);
}
