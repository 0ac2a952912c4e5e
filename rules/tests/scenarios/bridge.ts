import type { Scenario } from '../scenario.ts';

const TARGET = { job: 'alertmanager-matrix-bridge', instance: '127.0.0.1:10086' };
const AT = 'job="alertmanager-matrix-bridge",instance="127.0.0.1:10086"';
const OPS = { ...TARGET, room: 'ops' };
const ROOM = `room="ops",${AT}`;
const QUIET = `room="quiet",${AT}`;

export const bridgeScenarios: Scenario[] = [
  {
    alert: 'AlertmanagerMatrixDown',
    name: 'down for half an hour',
    series: { [`up{${AT}}`]: '1x9 0x29 1x20', 'up{job="claude-usage",instance="127.0.0.1:10085"}': '0x60' },
    silentAt: ['19m', '40m'],
    firingAt: ['20m', '39m'],
    firing: [
      { labels: { ...TARGET, severity: 'critical' }, summary: 'Matrix bridge 127.0.0.1:10086 does not respond' },
    ],
  },
  {
    alert: 'AlertmanagerMatrixAbsent',
    name: 'absent, then there',
    series: { [`up{${AT}}`]: '_x30 1x30' },
    silentAt: ['9m', '30m'],
    firingAt: ['10m', '29m'],
    firing: [{ labels: { job: 'alertmanager-matrix-bridge' }, summary: 'No Matrix bridge is being scraped' }],
  },
  {
    alert: 'AlertmanagerMatrixDeliveryDelayed',
    name: 'the homeserver is down for twenty minutes',
    series: {
      [`alertmanager_matrix_outbox_oldest_pending_seconds{${ROOM}}`]: '0x9 0+60x19 0x20',
      [`alertmanager_matrix_outbox_oldest_pending_seconds{${QUIET}}`]: '0x50',
    },
    silentAt: ['20m', '31m'],
    firingAt: ['21m'],
    firing: [{ labels: OPS, summary: 'Messages for room ops have been waiting for 11m 0s' }],
  },
  {
    alert: 'AlertmanagerMatrixMessagesBuried',
    name: 'until an operator decides',
    series: {
      [`alertmanager_matrix_outbox_buried{${ROOM}}`]: '0x9 2x20 0x9',
      [`alertmanager_matrix_outbox_buried{${QUIET}}`]: '0x40',
    },
    silentAt: ['9m', '31m'],
    firingAt: ['10m', '30m'],
    firing: [{ labels: OPS, summary: 'Room ops: the homeserver rejected 2 messages for good' }],
  },
  {
    alert: 'AlertmanagerMatrixRoomNotJoined',
    name: 'not a member for ten minutes',
    series: {
      [`alertmanager_matrix_room_joined{${ROOM}}`]: '1x9 0x20 1x9',
      [`alertmanager_matrix_room_joined{${QUIET}}`]: '1x40',
    },
    silentAt: ['19m', '31m'],
    firingAt: ['20m', '30m'],
    firing: [{ labels: OPS, summary: 'The Matrix bridge is not in room ops' }],
  },
  {
    alert: 'AlertmanagerMatrixRoomNotEncrypted',
    name: 'not encrypted for ten minutes',
    series: {
      [`alertmanager_matrix_room_encrypted{${ROOM}}`]: '1x9 0x20 1x9',
      [`alertmanager_matrix_room_encrypted{${QUIET}}`]: '1x40',
    },
    silentAt: ['19m', '31m'],
    firingAt: ['20m', '30m'],
    firing: [{ labels: OPS, summary: 'Room ops is not encrypted' }],
  },
  {
    alert: 'AlertmanagerMatrixKeyStoreFailing',
    name: 'keys withheld from a device',
    series: { [`alertmanager_matrix_keys_withheld_total{room="ops",code="m.unverified",${AT}}`]: '0x9 3x120' },
    silentAt: ['24m', '72m'],
    firingAt: ['25m', '66m'],
    firing: [{ labels: TARGET, summary: 'Matrix bridge 127.0.0.1:10086 has trouble with encryption keys' }],
  },
  {
    alert: 'AlertmanagerMatrixKeyStoreFailing',
    name: 'a tenth of the commits takes half a second or more; at another bridge less',
    series: {
      [`alertmanager_matrix_crypto_commit_duration_seconds_bucket{le="0.1",${AT}}`]: '0+8x90',
      [`alertmanager_matrix_crypto_commit_duration_seconds_bucket{le="0.5",${AT}}`]: '0+8.9x90',
      [`alertmanager_matrix_crypto_commit_duration_seconds_bucket{le="1",${AT}}`]: '0+10x90',
      [`alertmanager_matrix_crypto_commit_duration_seconds_bucket{le="+Inf",${AT}}`]: '0+10x90',
      'alertmanager_matrix_crypto_commit_duration_seconds_bucket{le="0.1",instance="other"}': '0+8.9x90',
      'alertmanager_matrix_crypto_commit_duration_seconds_bucket{le="0.5",instance="other"}': '0+9.1x90',
      'alertmanager_matrix_crypto_commit_duration_seconds_bucket{le="+Inf",instance="other"}': '0+10x90',
    },
    silentAt: ['15m'],
    firingAt: ['17m', '60m'],
    firing: [{ labels: TARGET, summary: 'Matrix bridge 127.0.0.1:10086 has trouble with encryption keys' }],
  },
  {
    alert: 'AlertmanagerMatrixHeartbeatMissing',
    name: 'the last one came at m=10; one that never came is not missed',
    series: {
      [`alertmanager_matrix_heartbeat_last_timestamp_seconds{name="main",${AT}}`]: '0+60x10 600x40',
      [`alertmanager_matrix_heartbeat_last_timestamp_seconds{name="new",${AT}}`]: '0x50',
    },
    silentAt: ['25m'],
    firingAt: ['26m'],
    firing: [{ labels: { ...TARGET, name: 'main' }, summary: 'Heartbeat main has been missing for 16m 0s' }],
  },
  {
    alert: 'AlertmanagerMatrixConfigReloadFailed',
    name: 'rejected, then good',
    series: { [`alertmanager_matrix_config_last_reload_successful{${AT}}`]: '1x9 0x29 1x20' },
    silentAt: ['19m', '40m'],
    firingAt: ['20m', '39m'],
    firing: [{ labels: TARGET, summary: 'Matrix bridge 127.0.0.1:10086 runs with an old configuration' }],
  },
];
