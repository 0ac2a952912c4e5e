import { inspect } from 'node:util';

/** Where a secret's text comes from; called at every use, so that a rotated file takes effect without a restart. */
export type SecretSource = () => string;

/**
 * Text that must not be printed. Every way by which values usually reach a log (string conversion, JSON, inspection)
 * shows `[redacted]`; only {@link Secret.reveal} gives the text.
 */
export class Secret {
  readonly #source: SecretSource;
  /** The absolute path of the file the text is read from, if it is one. */
  readonly file: string | undefined;

  constructor(source: SecretSource, file?: string) {
    this.#source = source;
    this.file = file;
  }

  static of(text: string): Secret {
    return new Secret(() => text);
  }

  reveal(): string {
    return this.#source();
  }

  toString(): string {
    return '[redacted]';
  }

  toJSON(): string {
    return '[redacted]';
  }

  [inspect.custom](): string {
    return '[redacted]';
  }
}
