import { type CallExpression, parseSync, Visitor } from 'oxc-parser';
import { isTest, lineAt, type Problem, type SourceFile } from './source-file.ts';

/** Reports property tests without a time limit, and tests that wait for time to pass instead of for an event. */
export function checkTimeLimits(files: readonly SourceFile[]): Problem[] {
  return files.filter(({ path }) => isTest(path) && !path.startsWith('test/checks/')).flatMap(problemsOf);
}

function problemsOf({ path, text }: SourceFile): Problem[] {
  const problems: Problem[] = [];
  const report = ({ start }: { start: number }, message: string) =>
    problems.push({ path, line: lineAt(text, start), message });
  const usesProperties = /\bfc\.(assert|check)\(|from 'fast-check'[\s\S]*\bassert\(property\(/.test(text);
  let loops = 0;
  const enter = () => {
    loops++;
  };
  const leave = () => {
    loops--;
  };
  new Visitor({
    WhileStatement: enter,
    'WhileStatement:exit': leave,
    DoWhileStatement: enter,
    'DoWhileStatement:exit': leave,
    ForStatement: enter,
    'ForStatement:exit': leave,
    CallExpression(call) {
      const isProperty = usesProperties && /\b(fc\.(assert|check)|assert)\(/.test(text.slice(call.start, call.end));
      if (isTestCall(call) && isProperty && !hasTimeLimit(call)) {
        report(call, 'a property test states its own time limit: { timeout: 120_000 }');
      }
    },
    AwaitExpression({ argument }) {
      if (argument.type !== 'CallExpression' || argument.callee.type !== 'Identifier' || loops > 0) return;
      const [duration] = argument.arguments;
      if (!/^(sleep|setTimeout|delay)$/.test(argument.callee.name) || duration?.type !== 'Literal') return;
      report(argument, 'wait for an event, not for time');
    },
  }).visit(parseSync(path, text).program);
  return problems;
}

/** `test(…)` and `test.each(…)(…)`. */
function isTestCall({ callee }: CallExpression): boolean {
  if (callee.type === 'Identifier') return callee.name === 'test' || callee.name === 'it';
  if (callee.type !== 'CallExpression' || callee.callee.type !== 'MemberExpression') return false;
  return callee.callee.object.type === 'Identifier' && /^(test|it)$/.test(callee.callee.object.name);
}

function hasTimeLimit({ arguments: [, options, limit] }: CallExpression): boolean {
  if (limit !== undefined) return options?.type === 'ObjectExpression' || limit.type === 'Literal';
  return options?.type === 'ObjectExpression';
}
