import { configSchema } from 'alertmanager-matrix-bridge/src/config.ts';
import { fileSchema } from 'claude-usage-exporter/src/config/config.ts';
import { type ConfigurationKey, configurationKeys } from './configuration-keys.ts';
import { alignedTable } from './markdown.ts';

const CONTEXT = { directory: '/', env: {} };

export const exporterKeys = (): ConfigurationKey[] => configurationKeys(fileSchema(CONTEXT, false));
export const bridgeKeys = (): ConfigurationKey[] => configurationKeys(configSchema(CONTEXT));

/** Variables of the environment that the exporter honours, and what each says. */
const EXPORTER_ENVIRONMENT: Readonly<Record<string, string>> = {
  CLAUDE_USAGE_CONFIG: 'The configuration file, where `--config.file` is not given.',
  WEEKLY_THRESHOLDS: '`thresholds.weekly`, separated by commas: `50,80`. Overrides the file.',
  OAUTH_REFRESH_LEEWAY_SEC: '`oauth.refresh_leeway`, in whole seconds. Overrides the file.',
  K8S_OAUTH_SECRET_NAME: 'Without accounts in the file: the Secret of the default account. Not with `LOCAL_MODE=1`.',
  K8S_NAMESPACE: "The Secret's namespace; by default that of the pod.",
  OAUTH_TOKENS_DIR: 'Without accounts in the file: the directory of the default account.',
  LOCAL_MODE: '`1`: the default account is that of the directory, whatever the Secret.',
  CLAUDE_CONFIG_DIR: "Without accounts in the file: Claude Code's directory.",
  CLAUDE_PATH: 'An older name of the same.',
  HTTPS_PROXY:
    'Also `HTTP_PROXY` and `NO_PROXY`, in capitals or not: the proxies. Loopback addresses are asked directly.',
  XDG_CONFIG_HOME: 'Where `claude-usage-exporter/config.yaml` is looked for; by default `~/.config`.',
  XDG_STATE_HOME:
    'Where `claude-usage-exporter/` holds the data without `--storage.path`; by default `~/.local/state`.',
};

/** Variables of the environment that the bridge honours, and what each says. */
const BRIDGE_ENVIRONMENT: Readonly<Record<string, string>> = {
  MATRIX_BRIDGE_CONFIG: 'The configuration file, where `--config.file` is not given.',
  MATRIX_CREDENTIALS_DIR: '`matrix.credentials_dir`; by default `/var/run/secrets/matrix-bot` if it exists.',
  MATRIX_ROOM_ID: 'Without rooms in the file: the room `default`.',
  HTTPS_PROXY: EXPORTER_ENVIRONMENT.HTTPS_PROXY ?? '',
  XDG_CONFIG_HOME: 'Where `alertmanager-matrix-bridge/config.yaml` is looked for; by default `~/.config`.',
  XDG_STATE_HOME:
    'Where `alertmanager-matrix-bridge/` holds the data without `--storage.path`; by default `~/.local/state`.',
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

A file in YAML, named by \`--config.file\`. [config.example.yaml](../config.example.yaml) has every key with its why. An
unknown key is an error; \`--config.check\` tells every problem at once.

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
