import type { Scenario } from '../scenario.ts';
import { accountScenarios } from './account.ts';
import { bridgeScenarios } from './bridge.ts';
import { exporterScenarios } from './exporter.ts';
import { usageScenarios } from './usage.ts';

export const ALL_SCENARIOS: readonly Scenario[] = [
  ...usageScenarios,
  ...accountScenarios,
  ...exporterScenarios,
  ...bridgeScenarios,
];
