/** One problem in a configuration or a request body: the field's path, and what to do about it. */
export interface FieldProblem {
  readonly path: string;
  readonly message: string;
}

/** The problems in one line. */
export function describeProblems(problems: readonly FieldProblem[]): string {
  return problems.map(({ path, message }) => `${path} ${message}`.trim()).join('; ');
}
