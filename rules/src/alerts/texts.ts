import { RECORDED } from '../names.ts';

/** Template of a window's name as people say it: `5 hours`, `week`, `Fable week`. */
export function windowName(label: string): string {
  return (
    `{{ if eq ${label} "five_hour" }}5 hours{{ else if eq ${label} "seven_day" }}week{{ else }}` +
    `{{ title (reReplaceAll "_" " " (reReplaceAll "^seven_day_" "" ${label})) }} week{{ end }}`
  );
}

/** Name of the alert's window. */
export const WINDOW = windowName('$labels.window');

/** Template of an ISO instant, which the bridge shows in the time zone of the room. */
export function instant(seconds = '$value'): string {
  return `{{ (${seconds} | toTime).Format "2006-01-02T15:04:05Z" }}`;
}

/** Template of a percentage such as `62.5 %`. */
export function percentage(ratio = '$value'): string {
  return `{{ ${ratio} | humanizePercentage | reReplaceAll "%" " %" }}`;
}

/** Query of the picture in the message: the utilization of the alert's window. */
export const UTILIZATION_CHART = `${RECORDED.utilization}{account="{{ $labels.account }}",window="{{ $labels.window }}"}`;
