import { join } from 'node:path';
import { stringify } from 'yaml';

/** `default` means Synapse's defaults: 0.2 messages a second, in bursts of 10. */
export type RateLimits = 'default' | 'lifted';

export interface HomeserverSettings {
  readonly serverName: string;
  readonly port: number;
  readonly directory: string;
  readonly signingKey: string;
  readonly registrationSecret: string;
  readonly rateLimits: RateLimits;
}

/** Returns Synapse's configuration: on loopback only, without federation. */
export function homeserverConfig(settings: HomeserverSettings): string {
  return stringify({
    server_name: settings.serverName,
    public_baseurl: `http://127.0.0.1:${settings.port}/`,
    listeners: [
      {
        type: 'http',
        port: settings.port,
        bind_addresses: ['127.0.0.1'],
        tls: false,
        resources: [{ names: ['client'] }],
      },
    ],
    database: { name: 'sqlite3', args: { database: join(settings.directory, 'homeserver.db') } },
    media_store_path: join(settings.directory, 'media'),
    signing_key_path: settings.signingKey,
    registration_shared_secret: settings.registrationSecret,
    macaroon_secret_key: settings.registrationSecret,
    form_secret: settings.registrationSecret,
    report_stats: false,
    trusted_key_servers: [],
    suppress_key_server_warning: true,
    federation_domain_whitelist: [],
    presence: { enabled: false },
    url_preview_enabled: false,
    // A test that was slow to sync must not miss the middle of a timeline.
    filter_timeline_limit: -1,
    ...(settings.rateLimits === 'lifted' ? liftedRateLimits : {}),
  });
}

const unlimited = { per_second: 10_000, burst_count: 10_000 };
const liftedRateLimits = {
  rc_message: unlimited,
  rc_login: { address: unlimited, account: unlimited, failed_attempts: unlimited },
  rc_joins: { local: unlimited, remote: unlimited },
  rc_invites: { per_room: unlimited, per_user: unlimited },
};
