import { configSchema } from 'alertmanager-matrix-bridge/src/config.ts';
import { fileSchema } from 'claude-usage-exporter/src/config/config.ts';
import { type ConfigurationKey, configurationKeys } from './configuration-keys.ts';
import { alignedTable } from './markdown.ts';

const CONTEXT = { directory: '/', env: {} };

export const exporterKeys = (): ConfigurationKey[] => configurationKeys(fileSchema(CONTEXT, false));
export const bridgeKeys = (): ConfigurationKey[] => configurationKeys(configSchema(CONTEXT));

/** The environment variables of the exporter. */
const EXPORTER_ENVIRONMENT: Readonly<Record<string, string>> = {
  CLAUDE_USAGE_CONFIG: 'The configuration file, if `--config.file` is not given.',
  WEEKLY_THRESHOLDS: '`thresholds.weekly`, separated by commas: `50,80`. Overrides the file.',
  OAUTH_REFRESH_LEEWAY_SEC: '`oauth.refresh_leeway`, in whole seconds. Overrides the file.',
  K8S_OAUTH_SECRET_NAME: 'Secret of the default account. Ignored with `LOCAL_MODE=1`, or if the file has accounts.',
  K8S_NAMESPACE: "Namespace of the Secret. Defaults to the pod's namespace.",
  OAUTH_TOKENS_DIR: 'Directory of the default account. Ignored if the file has accounts.',
  LOCAL_MODE: '`1` selects the directory and ignores the Secret.',
  CLAUDE_CONFIG_DIR: "Claude Code's directory, for the default account.",
  CLAUDE_PATH: 'Older name of `CLAUDE_CONFIG_DIR`.',
  HTTPS_PROXY:
    'Proxy for https; also `HTTP_PROXY` and `NO_PROXY`, in upper or lower case. Not used for loopback addresses.',
  XDG_CONFIG_HOME: 'Directory that may contain `claude-usage-exporter/config.yaml`. Defaults to `~/.config`.',
  XDG_STATE_HOME:
    'Directory that contains `claude-usage-exporter/` with the data, without `--storage.path`. Defaults to `~/.local/state`.',
};

/** The environment variables of the bridge. */
const BRIDGE_ENVIRONMENT: Readonly<Record<string, string>> = {
  MATRIX_BRIDGE_CONFIG: 'The configuration file, if `--config.file` is not given.',
  MATRIX_CREDENTIALS_DIR: '`matrix.credentials_dir`. Defaults to `/var/run/secrets/matrix-bot` if it exists.',
  MATRIX_ROOM_ID: 'The room `default`. Ignored if the file has rooms.',
  HTTPS_PROXY: EXPORTER_ENVIRONMENT.HTTPS_PROXY ?? '',
  XDG_CONFIG_HOME: 'Directory that may contain `alertmanager-matrix-bridge/config.yaml`. Defaults to `~/.config`.',
  XDG_STATE_HOME:
    'Directory that contains `alertmanager-matrix-bridge/` with the data, without `--storage.path`. Defaults to `~/.local/state`.',
};

export function renderExporterConfiguration(): string {
  return renderPage('claude-usage-exporter', 'exporter', exporterKeys(), EXPORTER_ENVIRONMENT);
}

export function renderBridgeConfiguration(): string {
  return renderPage('alertmanager-matrix-bridge', 'bridge', bridgeKeys(), BRIDGE_ENVIRONMENT);
}

function renderPage(
  program: string,
  workspace: string,
  keys: readonly ConfigurationKey[],
  environment: Readonly<Record<string, string>>,
): string {
  const rows = keys.map(({ path, form, default: text, meaning }) => [
    `\`${path}\``,
    form,
    text === undefined ? '' : `\`${text}\``,
    meaning,
  ]);
  return `<!-- Generated from the schema in ${workspace}/src/config.ts by \`npm run generate\`. -->
# Configuration of ${program}

The configuration is a YAML file, given by \`--config.file\`. [config.example.yaml](../config.example.yaml) explains every key.
An unknown key is an error. \`--config.check\` reports every problem at once.

A duration is written as in Prometheus: \`90s\`, \`5m\`, \`1h30m\`, \`8d\`. A path is relative to the file, and \`~\` is your
home. A secret is the text itself, \`{env: NAME}\`, or \`{file: PATH}\`, which is re-read when it is used. \`[]\` stands for
any entry of a list, \`NAME\` for a name of your choice.

## Keys

${alignedTable(['key', 'value', 'default', 'meaning'], rows)}

## Environment

${alignedTable(
  ['variable', 'meaning'],
  Object.entries(environment).map(([name, meaning]) => [`\`${name}\``, meaning]),
)}
`;
}
