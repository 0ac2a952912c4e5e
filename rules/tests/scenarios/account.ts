import type { Scenario } from '../scenario.ts';

const ACCOUNT = { account: 'work' };

export const accountScenarios: Scenario[] = [
  {
    alert: 'ClaudeUsageArmed',
    name: 'once there is data, for a day from the first start',
    evaluate: '10m',
    series: {
      'claude_usage_armed_timestamp_seconds{job="claude-usage",instance="one"}': '1200.4x100 stale',
      'claude_usage_armed_timestamp_seconds{job="claude-usage",instance="two"}': '_x100 1200.4x100',
      'claude_usage_utilization_ratio{account="work",window="seven_day"}': '_x3 0.125x200',
      'claude_usage_utilization_ratio{account="work",window="five_hour"}': '_x3 0.3x200',
    },
    silentAt: ['20m', '25h'],
    firingAt: ['30m', '17h'],
    firing: [
      {
        labels: { armed_at: '1200' },
        summary: 'Claude usage alerts are armed. Used now: work 5 hours 30 %, work week 12.5 %',
      },
    ],
  },
  {
    alert: 'ClaudeUsageTierChanged',
    name: 'up and down again',
    series: {
      'claude_usage_tier{account="work",tier="green"}': '1x59 0x60 1x60',
      'claude_usage_tier{account="work",tier="yellow"}': '0x200',
      'claude_usage_tier{account="work",tier="orange"}': '0x59 1x60 0x60',
      'claude_usage_tier{account="work",tier="red"}': '0x200',
    },
    silentAt: ['30m', '59m', '70m', '120m'],
    firingAt: ['60m', '69m'],
    firing: [{ labels: { ...ACCOUNT, tier: 'orange' }, summary: 'work: the usage tier is now orange' }],
  },
  {
    alert: 'ClaudeUsageTierChanged',
    name: 'from yellow to red, over a gap',
    series: {
      'claude_usage_tier{account="work",tier="green"}': '0x29 _x60 0x60',
      'claude_usage_tier{account="work",tier="yellow"}': '1x29 _x60 0x60',
      'claude_usage_tier{account="work",tier="orange"}': '0x29 _x60 0x60',
      'claude_usage_tier{account="work",tier="red"}': '0x29 _x60 1x60',
    },
    silentAt: ['20m', '80m', '101m'],
    firingAt: ['90m', '99m'],
    firing: [{ labels: { ...ACCOUNT, tier: 'red' }, summary: 'work: the usage tier is now red' }],
  },
  {
    alert: 'ClaudeUsageExtraNearlySpent',
    name: 'from 80 % of the limit on, while it is enabled',
    series: {
      'claude_usage_extra_used{account="work",currency="USD"}': '79x9 80x30',
      'claude_usage_extra_limit{account="work",currency="USD"}': '100x40',
      'claude_usage_extra_enabled{account="work"}': '1x19 0x20',
      'claude_usage_extra_used{account="free",currency="USD"}': '80x40',
      'claude_usage_extra_limit{account="free",currency="USD"}': '0x40',
      'claude_usage_extra_enabled{account="free"}': '1x40',
    },
    silentAt: ['9m', '20m'],
    firingAt: ['10m', '19m'],
    firing: [
      { labels: { ...ACCOUNT, currency: 'USD' }, summary: 'work: 80 % of the extra usage for this month is spent' },
    ],
  },
  {
    alert: 'ClaudeUsageGateClosed',
    name: 'closed at one of two exporters',
    series: {
      'claude_usage_gate_open{account="work",instance="one"}': '1x9 0x9 1x10',
      'claude_usage_gate_open{account="work",instance="two"}': '1x30',
      'claude_usage_gate_open{account="demo"}': '1x30',
    },
    silentAt: ['9m', '20m'],
    firingAt: ['10m', '19m'],
    firing: [{ labels: ACCOUNT, summary: 'work: the gate refuses new work' }],
  },
  {
    alert: 'ClaudeUsagePolledTwice',
    name: 'two exporters for a quarter of an hour; an old and a new pod for five minutes',
    series: {
      'claude_usage_up{account="work",job="claude-usage",instance="one"}': '1x60',
      'claude_usage_up{account="work",job="claude-usage",instance="two"}': '_x10 0x30 stale',
      'claude_usage_up{account="demo",job="claude-usage",instance="old"}': '1x30',
      'claude_usage_up{account="demo",job="claude-usage",instance="new"}': '_x28 1x30',
    },
    silentAt: ['24m', '41m'],
    firingAt: ['25m', '39m'],
    firing: [{ labels: ACCOUNT, summary: 'work: polled by 2 exporters' }],
  },
];
