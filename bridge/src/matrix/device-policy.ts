/** Devices that receive the keys of messages: all devices of the members, or only those that their owners have signed. */
export const DEVICE_POLICIES = ['all', 'signed'] as const;
export type DevicePolicy = (typeof DEVICE_POLICIES)[number];
