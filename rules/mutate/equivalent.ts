/** Changes that change nothing, as parts of their description. Each with the reason. */
export const EQUIVALENT: readonly string[] = [];
