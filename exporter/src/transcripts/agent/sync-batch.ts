import type { Place } from '../ledger/ledger.ts';
import type { Places } from '../ledger/places.ts';
import type { LineFields } from '../lines/line-fields.ts';
import type { ResponseSink } from '../scanner.ts';
import { lastPart } from '../summary.ts';

interface SyncMessage {
  readonly timestamp?: string;
  readonly requestId?: string;
  readonly isSidechain?: true;
  readonly forkedFrom?: { readonly sessionId: string };
  readonly message: {
    readonly id: string;
    readonly model: string;
    readonly stop_reason?: string;
    readonly usage: Record<string, unknown> & { iterations: Record<string, unknown>[] };
  };
}

interface Collected {
  readonly project: string;
  readonly path: string;
  readonly session: string;
  readonly total: number;
  readonly message: SyncMessage;
}

/** Messages that are to be sent, without their contents. Of a message that is written several times, one is sent. */
export class SyncBatch implements ResponseSink {
  readonly #places: Places;
  #messages = new Map<string, Collected>();
  #last: SyncMessage | undefined;

  constructor(places: Places) {
    this.#places = places;
  }

  get size(): number {
    return this.#messages.size;
  }

  add(fields: LineFields, bytes: Buffer, place: Place): void {
    if (fields.part > 0) {
      const model = this.#places.models.name(place.model);
      this.#last?.message.usage.iterations.push({ type: 'advisor_message', model, ...tokensOf(fields) });
      return;
    }
    const text = (start: number, end: number) => bytes.toString('utf8', start, end);
    const [id, request] = [text(fields.idStart, fields.idEnd), text(fields.requestStart, fields.requestEnd)];
    const session = this.#places.sessions.name(place.session);
    const origin = text(fields.originStart, fields.originEnd);
    const message: SyncMessage = {
      ...(!Number.isNaN(fields.time) && { timestamp: new Date(fields.time).toISOString() }),
      ...(request !== '' && { requestId: request }),
      ...(fields.isSidechain && { isSidechain: true }),
      ...(origin !== '' && { forkedFrom: { sessionId: origin } }),
      message: {
        id,
        model: this.#places.models.name(place.model),
        ...(fields.isFinished && { stop_reason: 'end_turn' }),
        usage: { ...tokensOf(fields), ...detailsOf(fields), iterations: [] },
      },
    };
    this.#last = message;
    const { input, output, cacheRead, cacheWrite } = fields;
    const total = input + output + cacheRead + cacheWrite;
    const prompt = request === '' ? [input, cacheRead, cacheWrite] : [];
    const key = JSON.stringify([id, request, session, ...prompt]);
    const known = this.#messages.get(key);
    if (known && known.total > total) return;
    const { path, slug } = this.#places.project(place.project);
    this.#messages.set(key, { project: path === '' ? slug : lastPart(path), path, session, total, message });
  }

  /** Empties the batch into the body of a request. */
  take() {
    const projects = new Map<string, { name: string; path: string; sessions: Map<string, SyncMessage[]> }>();
    for (const { project, path, session, message } of this.#messages.values()) {
      const key = JSON.stringify([project, path]);
      const into = projects.get(key) ?? { name: project, path, sessions: new Map<string, SyncMessage[]>() };
      projects.set(key, into);
      into.sessions.set(session, [...(into.sessions.get(session) ?? []), message]);
    }
    this.#messages = new Map();
    return {
      projects: [...projects.values()].map(({ name, path, sessions }) => ({
        name,
        path,
        sessions: [...sessions].map(([session_id, messages]) => ({ session_id, messages })),
      })),
    };
  }
}

function tokensOf(fields: LineFields) {
  return {
    input_tokens: fields.input,
    output_tokens: fields.output,
    cache_creation_input_tokens: Math.max(fields.cacheWrite, fields.write5m + fields.write1h),
    cache_read_input_tokens: fields.cacheRead,
    cache_creation: { ephemeral_5m_input_tokens: fields.write5m, ephemeral_1h_input_tokens: fields.write1h },
  };
}

function detailsOf({ isFast, thinking, webSearches }: LineFields) {
  return {
    ...(isFast && { speed: 'fast' }),
    ...(thinking > 0 && { output_tokens_details: { thinking_tokens: thinking } }),
    ...(webSearches > 0 && { server_tool_use: { web_search_requests: webSearches } }),
  };
}
