import type { FieldProblem } from '@repo/common/field-problem';

/** Validation stops here, so that its cost does not depend on the number of problems. */
const MAX_PROBLEMS = 20;
const MAX_PATH_CHARACTERS = 100;

const MAX_LABELS = 256;
const MAX_NAME_CHARACTERS = 1024;
const MAX_VALUE_CHARACTERS = 65_536;

// `Date.parse` alone accepts nearly any text that contains a number.
const RFC_3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/;

type Path = readonly (string | number)[];
type Labels = Readonly<Record<string, string>>;

/** Thrown when the maximum number of problems is reached. */
class TooManyProblems extends Error {}

/**
 * Reads fields of a parsed JSON body and collects problems. Messages never quote the content. Written by hand because
 * schema libraries report every problem of a body, which can be millions.
 */
export class FieldReader {
  readonly problems: FieldProblem[] = [];

  /** Runs `read` until it is done or there are too many problems. */
  collect<Result>(read: () => Result): Result | undefined {
    try {
      return read();
    } catch (error) {
      if (error instanceof TooManyProblems) return undefined;
      throw error;
    }
  }

  report(path: Path, message: string): void {
    this.problems.push({ path: path.join('.').slice(0, MAX_PATH_CHARACTERS), message });
    if (this.problems.length === MAX_PROBLEMS) throw new TooManyProblems();
  }

  text(value: unknown, path: Path): string {
    if (typeof value === 'string') return value;
    this.report(path, 'must be a string');
    return '';
  }

  object(value: unknown, path: Path): Readonly<Record<string, unknown>> | undefined {
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
    this.report(path, 'must be an object');
    return undefined;
  }

  /** A time in Unix milliseconds. */
  time(value: unknown, path: Path): number {
    const ms = typeof value === 'string' && RFC_3339.test(value) ? Date.parse(value) : Number.NaN;
    if (Number.isNaN(ms)) this.report(path, 'must be a time like 2026-11-25T12:00:00Z');
    return ms;
  }

  labels(value: unknown, path: Path): Labels {
    const labels = this.#stringRecord(value, path);
    for (const name in labels) {
      if ((labels[name]?.length ?? 0) > MAX_VALUE_CHARACTERS)
        this.report([...path, name], `must have at most ${MAX_VALUE_CHARACTERS} characters`);
    }
    return labels;
  }

  /** Annotations are texts for people: long ones are cut, not rejected. */
  annotations(value: unknown, path: Path): Labels {
    const annotations = this.#stringRecord(value, path);
    for (const name in annotations) {
      const text = annotations[name] ?? '';
      if (text.length > MAX_VALUE_CHARACTERS) annotations[name] = `${text.slice(0, MAX_VALUE_CHARACTERS - 1)}…`;
    }
    return annotations;
  }

  #stringRecord(value: unknown, path: Path): Record<string, string> {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      this.report(path, 'must be an object of strings');
      return {};
    }
    const record = value as Record<string, string>;
    let count = 0;
    for (const name in record) {
      if (++count > MAX_LABELS) {
        this.report(path, `must have at most ${MAX_LABELS} entries`);
        return {};
      }
      if (name.length > MAX_NAME_CHARACTERS)
        this.report([...path, name], `must have a name of at most ${MAX_NAME_CHARACTERS} characters`);
      if (typeof record[name] !== 'string') this.report([...path, name], 'must be a string');
    }
    return record;
  }
}
