declare const __VERSION__: string | undefined;
declare const __REVISION__: string | undefined;

/** Version and git revision, set by the build. */
export const buildInfo = {
  version: typeof __VERSION__ === 'undefined' ? '0.0.0-source' : __VERSION__,
  revision: typeof __REVISION__ === 'undefined' ? 'unknown' : __REVISION__,
} as const;
