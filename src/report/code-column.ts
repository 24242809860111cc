/** A column of numbers that grows row by row in one typed array, so that a large table stays small in memory. */
export class CodeColumn<A extends Int16Array | Int32Array | Float64Array> {
  #values: A;
  #length = 0;
  readonly #make: (size: number) => A;

  constructor(make: (size: number) => A) {
    this.#make = make;
    this.#values = make(1024);
  }

  push(value: number): void {
    if (this.#length === this.#values.length) {
      const larger = this.#make(this.#length * 2);
      larger.set(this.#values);
      this.#values = larger;
    }
    this.#values[this.#length++] = value;
  }

  /** What is there so far. */
  get values(): A {
    return this.#values.subarray(0, this.#length) as A;
  }
}

export const newLabels = () => new CodeColumn((size) => new Int16Array(size));
export const newTagSets = () => new CodeColumn((size) => new Int32Array(size));
export const newConfidences = () => new CodeColumn((size) => new Float64Array(size));
