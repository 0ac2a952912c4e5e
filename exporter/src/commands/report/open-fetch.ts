import { fileFlags, readConfigFile } from '@repo/common/command-line';
import { ConfigError, parseConfig } from '@repo/common/config';
import { describeProblems } from '@repo/common/field-problem';
import { createOutboundFetch, type OutboundFetch, outboundSchema } from '@repo/common/outbound/outbound';
import { readProxySettings } from '@repo/common/outbound/proxy';
import { stringify } from 'yaml';
import { z } from 'zod';
import { type ExporterHost, PROGRAM } from '../exporter-host.ts';

const LIMITS = { maxBytes: 64 * 1024, timeoutMs: 2_000 };

/**
 * Returns a `fetch` with the proxies of the environment and the certificates of `caFile`, or else of the configuration.
 * @throws Error with a message for people
 */
export function openFetch(env: ExporterHost['env'], caFile: string | undefined): OutboundFetch {
  try {
    const proxies = readProxySettings(env, 'the environment');
    return createOutboundFetch({ ca: readCa(env, caFile), proxies, limits: LIMITS });
  } catch (error) {
    throw error instanceof ConfigError ? new Error(describeProblems(error.problems)) : error;
  }
}

function readCa(env: ExporterHost['env'], caFile: string | undefined): string | null | undefined {
  const { configFile } = fileFlags({ 'storage.path': '.' }, PROGRAM, env);
  const { text, source, directory } =
    caFile === undefined
      ? readConfigFile(configFile)
      : { text: stringify({ http: { ca_file: caFile } }), source: 'the command line', directory: '.' };
  const schema = z.looseObject({ http: outboundSchema({ directory, env }).prefault({}) });
  return parseConfig(schema, text, source).http.ca_file;
}
