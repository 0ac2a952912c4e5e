import type { FoundFiles } from './files/transcript-files.ts';
import { Ledger } from './ledger/ledger.ts';
import { MessageTable } from './ledger/message-table.ts';
import { Places } from './ledger/places.ts';
import type { LimitHit } from './lines/parsed-line.ts';
import { type ScanTotals, scan } from './scanner.ts';
import type { LedgerView } from './summary.ts';

/** A message for about so many bytes of transcripts. */
const BYTES_A_MESSAGE = 16_000;

/** Scans all files once, without keeping anything. */
export async function scanOnce(
  found: FoundFiles,
  options: { readonly host: string; readonly mergeWorktrees: boolean },
  progress: (done: number, total: number) => void,
): Promise<LedgerView & { readonly totals: ScanTotals }> {
  const bytes = found.files.reduce((sum, { size }) => sum + size, 0);
  const table = new MessageTable([], 0, bytes / BYTES_A_MESSAGE);
  const places = new Places();
  const hits = new Map<string, LimitHit>();
  const ports = { progress, limitHit: (hit: LimitHit) => hits.set(hit.uuid, hit) };
  const totals = await scan(found, new Map(), new Ledger(table), places, options, ports);
  return { table, places, hits: [...hits.values()], totals };
}
