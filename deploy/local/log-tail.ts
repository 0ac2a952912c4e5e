import type { Readable } from 'node:stream';

/** The most recent lines of some streams. */
export interface LogTail {
  follow(stream: Readable): void;
  /** Returns at most `count` of the newest lines, oldest first. */
  last(count: number): string;
}

/** Keeps `capacity` lines: a server that runs for hours must not fill the memory of its parent. */
export function createLogTail(capacity: number): LogTail {
  const lines: string[] = [];
  return {
    follow(stream) {
      let unfinished = '';
      stream.setEncoding('utf8');
      stream.on('data', (chunk: string) => {
        const [first = '', ...rest] = chunk.split('\n');
        unfinished += first;
        for (const next of rest) {
          lines.push(unfinished);
          unfinished = next;
        }
        lines.splice(0, lines.length - capacity);
      });
      stream.on('end', () => {
        if (unfinished !== '') lines.push(unfinished);
      });
    },
    last: (count) => lines.slice(-count).join('\n'),
  };
}
