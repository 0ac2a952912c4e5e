/** One alert of a notification. */
export interface Alert {
  readonly status: 'firing' | 'resolved';
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** Unix milliseconds. */
  readonly startsAt: number;
  /** Unix milliseconds; absent while the alert is firing. */
  readonly endsAt?: number;
  readonly generatorUrl: string;
  /** Grafana's addresses of the alert. */
  readonly urls?: AlertUrls;
  readonly fingerprint: string;
}

/** Addresses that Grafana sends as fields of an alert. */
export interface AlertUrls {
  readonly dashboard?: string;
  readonly panel?: string;
  readonly silence?: string;
}

/** One notification: the alerts of one group for one receiver. */
export interface AlertGroup {
  readonly receiver: string;
  readonly groupKey: string;
  readonly groupLabels: Readonly<Record<string, string>>;
  readonly alerts: readonly Alert[];
  /** Number of alerts that Alertmanager cut off because of `max_alerts`. */
  readonly truncatedAlerts: number;
  /** Address of Alertmanager in a browser. */
  readonly externalUrl?: string;
  /** Notification reason (since Alertmanager 0.32), for example `repeat interval elapsed`. */
  readonly reason?: string;
}
