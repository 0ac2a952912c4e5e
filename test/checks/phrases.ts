import { lineAt, type Problem, type SourceFile } from './source-file.ts';

/** A phrase that readers stumble over, and what to write instead. Line breaks inside of it are ignored. */
interface BannedPhrase {
  readonly pattern: RegExp;
  readonly instead: string;
}

const BANNED: readonly BannedPhrase[] = [
  { pattern: /renew/i, instead: '"refresh"' },
  { pattern: /\bgo(es)? before\b/i, instead: '"overrides", "is overridden by"' },
  { pattern: /\bas it is then\b/i, instead: '"the current …"' },
  { pattern: /\bthe ones? before\b/i, instead: '"the previous …"' },
  { pattern: /\bread again\b/i, instead: '"re-read", "reload"' },
  { pattern: /\bof (its|their|his|her|our) own\b/i, instead: '"its own …", "separate", "dedicated"' },
  { pattern: /\bc(o|a)mes? of (it|them|that|these)\b/i, instead: '"result", "outcome"' },
  { pattern: /\bmay come to\b/i, instead: 'the fact itself' },
  { pattern: /\bt(ell|ells|old|elling) (of|by)\b/i, instead: '"reported by", "reports"' },
  { pattern: /\bcan('t| ?not) go on\b/i, instead: '"fatal error"' },
  { pattern: /\bset(s|ting)? (to work|going)\b/i, instead: '"start"' },
  { pattern: /\blives? from\b/i, instead: '"uses only"' },
  { pattern: /\btakes? the way\b/i, instead: '"uses"' },
  { pattern: /\bspeaks? for\b/i, instead: '"applies to", "reports"' },
  { pattern: /\bstrangers?\b/i, instead: '"unknown …"' },
  { pattern: /\band its kin\b/i, instead: '"and its derivatives", "like"' },
  { pattern: /\bbinding limit/i, instead: '"currently limiting"' },
  { pattern: /\bthe right hand\b|\bhands? over\b/i, instead: '"sends", "passes"' },
  { pattern: /\bis nobody's\b|\bof nobody\b/i, instead: '"unused", "free"' },
  {
    pattern: /\/\*\* (What|How|Who|Whose|Where)\b/,
    instead: 'the verb or the noun that the docstring documents',
  },
];

/** Files that must quote what they forbid, and data that others wrote. */
const EXEMPT = /^(STYLE_GUIDE\.md|test\/checks\/phrases(\.test)?\.ts|LICENSE|.*\/bodies\/.*\.json)$/;

/** Reports phrases that are not plain English, in code, comments and documents alike. */
export function checkPhrases(files: readonly SourceFile[]): Problem[] {
  return files.filter(({ path }) => !EXEMPT.test(path)).flatMap(problemsOf);
}

function problemsOf({ path, text }: SourceFile): Problem[] {
  return BANNED.flatMap(({ pattern, instead }) =>
    [...text.matchAll(acrossLines(pattern))].map(({ index, 0: phrase }) => ({
      path,
      line: lineAt(text, index),
      message: `"${phrase.replace(LINE_BREAK, ' ')}": write ${instead}`,
    })),
  );
}

const LINE_BREAK = /\s*\n[\s/*#|]*/g;

/** Lets a space of the pattern match the break of a wrapped comment or paragraph. */
function acrossLines({ source, flags }: RegExp): RegExp {
  return new RegExp(source.replaceAll(/(?<!\\)(?<!\*) /g, String.raw`(?:[ ]|\s*\n[\s/*#|]*)`), `${flags}g`);
}
