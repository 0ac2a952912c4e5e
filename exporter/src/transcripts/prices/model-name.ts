/**
 * The name under which a model has its price: without its date, and without what regional clouds and gateways put
 * around it, as in `us.anthropic.claude-opus-4-5-20251101-v1:0` or `claude-opus-4-5@20251101`.
 */
export function priceName(model: string): string {
  return model
    .toLowerCase()
    .replace(/^.*[/:](?=(?:[a-z-]+\.)?(?:anthropic[./])?claude-)/, '')
    .replace(/^(?:[a-z-]+\.)?anthropic[./]/, '')
    .replace(/\[\d+m\]$/, '')
    .replace(/-v\d+(?::\d+)?(?::\w+)?$/, '')
    .replace(/@[\w-]+$/, '')
    .replace(/-(?:\d{8}|latest)$/, '')
    .replace(/(\d)\.(\d)/g, '$1-$2');
}
