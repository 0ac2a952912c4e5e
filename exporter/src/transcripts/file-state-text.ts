import type { FileState } from './scanner.ts';

export function writeFileState(state: FileState): string {
  return JSON.stringify({ ...state, changedNs: String(state.changedNs) });
}

// JSON has no NaN: an unknown time is null there.
export function readFileState(text: string): FileState {
  const { changedNs, lastRequest, lastResponse, ...rest } = JSON.parse(text);
  const time = (value: number | null) => value ?? Number.NaN;
  return { ...rest, changedNs: BigInt(changedNs), lastRequest: time(lastRequest), lastResponse: time(lastResponse) };
}
