import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { replaceFile } from '@repo/common/replace-file';
import { readFileState, writeFileState } from '../file-state-text.ts';
import type { FileState } from '../scanner.ts';

/** Remembers how far the transcripts were sent, for each server. Losing it costs one full sync and nothing else. */
export function openAgentState(storagePath: string, url: string) {
  const path = join(storagePath, 'agent.json');
  return {
    load(): Map<string, FileState> {
      try {
        const stored = JSON.parse(readFileSync(path, 'utf8'));
        if (stored.url !== url) return new Map();
        return new Map(Object.entries(stored.files).map(([identity, text]) => [identity, readFileState(String(text))]));
      } catch {
        return new Map();
      }
    },
    save(states: ReadonlyMap<string, FileState>): void {
      mkdirSync(storagePath, { recursive: true, mode: 0o700 });
      const files = Object.fromEntries([...states].map(([identity, state]) => [identity, writeFileState(state)]));
      replaceFile(path, JSON.stringify({ url, files }), 0o600);
    },
  };
}
