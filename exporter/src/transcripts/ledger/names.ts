/** Numbers for names, so that a record holds a number in place of text. Numbers are never used for another name. */
export class Names {
  readonly list: string[];
  readonly #numbers = new Map<string, number>();

  constructor(list: Iterable<string> = []) {
    this.list = [...list];
    for (const [number, name] of this.list.entries()) this.#numbers.set(name, number);
  }

  number(name: string): number {
    let number = this.#numbers.get(name);
    if (number === undefined) {
      number = this.list.length;
      this.list.push(name);
      this.#numbers.set(name, number);
    }
    return number;
  }

  name(number: number): string {
    return this.list[number] ?? '';
  }
}

/** Finds the number of a name in a buffer. Lines repeat the names of the line before, so the last one is compared first. */
export class NameReader {
  #last: Buffer = Buffer.alloc(0);
  #number = -1;
  readonly #resolve: (raw: string) => number;

  constructor(resolve: (raw: string) => number) {
    this.#resolve = resolve;
  }

  read(bytes: Buffer, start: number, end: number): number {
    if (this.#number < 0 || !isSame(this.#last, bytes, start, end)) {
      this.#number = this.#resolve(bytes.toString('utf8', start, end));
      this.#last = Buffer.from(bytes.subarray(start, end));
    }
    return this.#number;
  }

  forget(): void {
    this.#number = -1;
  }
}

function isSame(last: Buffer, bytes: Buffer, start: number, end: number): boolean {
  if (last.length !== end - start) return false;
  for (let index = 0; index < last.length; index++) if (last[index] !== bytes[start + index]) return false;
  return true;
}
