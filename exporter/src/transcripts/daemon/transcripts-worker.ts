import { setImmediate } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { describeError } from '@repo/common/logger';
import { answerQuery } from './queries.ts';
import { createTranscriptService, type ServiceOptions } from './transcript-service.ts';
import type { NumberedRequest, WorkerAnswer, WorkerMessage, WorkerRequest } from './worker-messages.ts';

// A thread, because a first scan of gigabytes takes seconds and must delay no scrape.
const send = (message: WorkerMessage) => parentPort?.postMessage(message);
// Between chunks, so that questions are answered while a long scan runs.
const service = createTranscriptService(workerData as ServiceOptions, {
  now: Date.now,
  progressed: () => setImmediate(),
});
send({ snapshot: service.snapshot() });

parentPort?.on('message', async ({ id, request }: NumberedRequest) => {
  try {
    const answer = await answerTo(request);
    if (request.kind !== 'query') send({ snapshot: service.snapshot() });
    send({ id, answer });
  } catch (error) {
    send({ id, problem: describeError(error) });
  }
});

async function answerTo(request: WorkerRequest): Promise<WorkerAnswer> {
  if (request.kind === 'rescan') return service.rescan();
  if (request.kind === 'ingest') return service.ingest(request.host, request.body);
  return answerQuery(request.query, service.view(), Date.now());
}
