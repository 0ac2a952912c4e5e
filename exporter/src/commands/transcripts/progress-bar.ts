import type { Terminal } from '@repo/common/program-host';

const WIDTH = 30;
const FIRST_AFTER_MS = 500;
const EVERY_MS = 100;
const ERASE_LINE = '\r\x1b[K';

/** A bar on standard error for scans that take long; nothing where no person watches. */
export function progressBar(
  host: Terminal & { readonly isTerminal: boolean },
  now: () => number = performance.now.bind(performance),
) {
  let next = now() + FIRST_AFTER_MS;
  let isShown = false;
  return {
    show(done: number, total: number): void {
      if (!host.isTerminal || now() < next) return;
      next = now() + EVERY_MS;
      isShown = true;
      const filled = Math.round((done / Math.max(1, total)) * WIDTH);
      const bar = '█'.repeat(filled) + '░'.repeat(WIDTH - filled);
      host.err(`${ERASE_LINE}${bar} ${megabytes(done)} of ${megabytes(total)} MB`);
    },
    clear(): void {
      if (isShown) host.err(ERASE_LINE);
    },
  };
}

function megabytes(bytes: number): string {
  return Math.round(bytes / 1e6).toLocaleString('en');
}
