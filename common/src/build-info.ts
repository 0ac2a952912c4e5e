declare const __VERSION__: string | undefined;
declare const __REVISION__: string | undefined;

/** Version and git revision, filled in by the build; a program run from its sources says so. */
export const buildInfo = {
  version: typeof __VERSION__ === 'undefined' ? '0.0.0-source' : __VERSION__,
  revision: typeof __REVISION__ === 'undefined' ? 'unknown' : __REVISION__,
} as const;
