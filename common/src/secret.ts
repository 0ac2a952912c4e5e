import { inspect } from 'node:util';

/** Returns the text of a secret. Called at every use, so that a rotated file takes effect without a restart. */
export type SecretSource = () => string;

/**
 * Text that must not be printed. String conversion, JSON and inspection, which values usually reach a log by, show
 * `[redacted]`; only {@link Secret.reveal} returns the text.
 */
export class Secret {
  readonly #source: SecretSource;
  /** Absolute path of the file that contains the text. */
  readonly file: string | undefined;
  /** Environment variable that contains the text. */
  readonly variable: string | undefined;

  constructor(source: SecretSource, { file, variable }: { file?: string; variable?: string } = {}) {
    this.#source = source;
    this.file = file;
    this.variable = variable;
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

/** Tokens with a recognisable prefix: those of Claude and of Matrix. */
const MARKED_TOKEN = /\b(?:sk-ant-|syt_|mct_|mat_)[\w-]+/g;

/** Redacts recognisable tokens, which somebody may have written where no secret belongs. */
export function withoutTokens(text: string): string {
  return text.replace(MARKED_TOKEN, '[redacted]');
}
