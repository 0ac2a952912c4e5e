import { closeSync, openSync, read } from 'node:fs';

/** Free bytes before each chunk, for what is left of the chunk before. */
export const HEADROOM = 256 * 1024;
const CHUNK = 1024 * 1024;
/** Chunks that are read ahead while one is processed. */
const AHEAD = 2;

export interface ReadJob {
  readonly path: string;
  readonly from: number;
  readonly to: number;
}

export interface Chunk {
  /** The number of its job. */
  readonly job: number;
  readonly fd: number;
  readonly buffer: Buffer;
  /** The bytes stand in `buffer` from {@link HEADROOM} to here; they are overwritten after the next chunk. */
  readonly end: number;
  readonly isLast: boolean;
  /** Why the file cannot be read. */
  readonly error?: unknown;
}

/** Reads parts of files in order, some chunks ahead, so that reading and processing overlap. */
export async function* readChunks(jobs: readonly ReadJob[]): AsyncGenerator<Chunk> {
  const buffers = Array.from({ length: AHEAD + 1 }, () => Buffer.allocUnsafeSlow(HEADROOM + CHUNK));
  const started: Promise<Chunk>[] = [];
  const openFds = new Set<number>();
  const steps = planSteps(jobs, openFds);
  let next = 0;
  const startOne = () => {
    const step = steps.next();
    if (step.done) return;
    const buffer = buffers[next++ % buffers.length] as Buffer;
    started.push('error' in step.value ? Promise.resolve({ ...step.value, buffer }) : readStep(step.value, buffer));
  };
  try {
    for (let index = 0; index < AHEAD; index++) startOne();
    for (let chunk = started.shift(); chunk; chunk = started.shift()) {
      startOne();
      const done = await chunk;
      yield done;
      if (done.isLast && openFds.delete(done.fd)) closeSync(done.fd);
    }
  } finally {
    await Promise.allSettled(started);
    for (const fd of openFds) closeSync(fd);
  }
}

interface Step {
  readonly job: number;
  readonly fd: number;
  readonly position: number;
  readonly length: number;
  readonly isLast: boolean;
}

function* planSteps(
  jobs: readonly ReadJob[],
  openFds: Set<number>,
): Generator<Step | { job: number; fd: number; end: number; isLast: true; error: unknown }> {
  for (const [job, { path, from, to }] of jobs.entries()) {
    let fd: number;
    try {
      fd = openSync(path, 'r');
    } catch (error) {
      yield { job, fd: -1, end: HEADROOM, isLast: true, error };
      continue;
    }
    openFds.add(fd);
    for (let position = from; position === from || position < to; position += CHUNK) {
      const length = Math.min(CHUNK, to - position);
      yield { job, fd, position, length, isLast: position + length >= to };
    }
  }
}

function readStep({ job, fd, position, length, isLast }: Step, buffer: Buffer): Promise<Chunk> {
  return new Promise((resolve) => {
    read(fd, buffer, HEADROOM, length, position, (error, count) => {
      const chunk = { job, fd, buffer, end: HEADROOM + (error ? 0 : count), isLast };
      resolve(error ? { ...chunk, error } : chunk);
    });
  });
}
