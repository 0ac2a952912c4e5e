import type { Alert } from '../alerts/alert-group.ts';
import { link, type Rich } from './rich.ts';
import { webAddress } from './text.ts';

/** Longer addresses stand in the HTML alone, because the plain text would consist of them. */
const MAX_PLAIN_ADDRESS_CHARACTERS = 100;

interface Link {
  readonly name: string;
  readonly href: string;
}

/**
 * Links of some alerts: runbook, dashboard, panel, source, silence. A link that the alerts do not share is left out,
 * because it would be the link of one of them.
 */
export function sharedLinks(alerts: readonly Alert[], silenceUrl: string | undefined): Rich[] {
  const [first, ...others] = alerts.map(linksOf);
  const shared = (first ?? []).filter(({ name, href }) =>
    others.every((links) => links.some((other) => other.name === name && other.href === href)),
  );
  const silence = webAddress(silenceUrl);
  const hasSilence = shared.some(({ name }) => name === 'Silence');
  return renderLinks([...shared, ...(silence === undefined || hasSilence ? [] : [{ name: 'Silence', href: silence }])]);
}

/** Links of one alert that the group as a whole does not have. */
export function ownLinks(alert: Alert, group: readonly Alert[]): Rich[] {
  const links = linksOf(alert).filter(
    ({ name, href }) =>
      !group.every((other) => linksOf(other).some((their) => their.name === name && their.href === href)),
  );
  return renderLinks(links);
}

function linksOf({ annotations, generatorUrl, urls }: Alert): Link[] {
  const candidates: [string, string | undefined][] = [
    ['Runbook', annotations.runbook_url ?? annotations.runbook],
    ['Dashboard', annotations.dashboard_url ?? annotations.dashboard ?? urls?.dashboard],
    ['Panel', urls?.panel],
    ['Source', generatorUrl],
    ['Silence', urls?.silence],
  ];
  return candidates.flatMap(([name, address]) => {
    const href = webAddress(address);
    return href === undefined ? [] : [{ name, href }];
  });
}

function renderLinks(links: readonly Link[]): Rich[] {
  return links.map(({ name, href }) =>
    link(name, href, href.length <= MAX_PLAIN_ADDRESS_CHARACTERS ? `${name}: ${href}` : ''),
  );
}
