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

/** How tokens begin whose makers gave them a mark to be recognised by: those of Claude and of Matrix. */
const MARKED_TOKEN = /\b(?:sk-ant-|syt_|mct_|mat_)[\w-]+/g;

/** Takes out what is recognisably a token, which somebody may have written where no secret belongs. */
export function withoutTokens(text: string): string {
  return text.replace(MARKED_TOKEN, '[redacted]');
}
