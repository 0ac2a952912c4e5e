import { buildInfo } from '@repo/common/build-info';
import { loadConfiguration } from '@repo/common/program';
import { loadConfig } from '../../config/config.ts';
import type { TranscriptsConfig } from '../../config/transcripts-config.ts';
import { type ExporterHost, machine } from '../exporter-host.ts';

/** Reads the `transcripts` section of a configuration file, or returns the exit code after reporting what is wrong. */
export function readTranscriptsConfig(
  configFile: string,
  host: ExporterHost,
): TranscriptsConfig | { readonly exitCode: number } {
  const loaded = loadConfiguration({ configFile, storagePath: '' }, host, ({ text, source }, context) =>
    loadConfig(text, source, { ...context, ...machine(host), version: buildInfo.version }),
  );
  return 'exitCode' in loaded ? loaded : loaded.config.transcripts;
}
