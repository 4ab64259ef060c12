/** What a measurement says of the device that made it: no more than it needs. */

export interface Device {
  userAgent: string;
  cores: number;
  memoryGb: number | null;
  platform: string;
  mobile: boolean;
  name?: string;
}

/** What browsers tell of the device beyond the standard. */
interface Telling {
  deviceMemory?: number;
  userAgentData?: { platform: string; mobile: boolean };
}

export function thisDevice(): Device {
  const { userAgent, hardwareConcurrency } = navigator;
  const { deviceMemory, userAgentData } = navigator as Telling;
  return {
    userAgent: userAgent.slice(0, 400),
    cores: hardwareConcurrency || 1,
    memoryGb: deviceMemory ?? null,
    platform: userAgentData?.platform || navigator.platform || 'unknown',
    mobile: userAgentData?.mobile ?? /Mobi/.test(userAgent),
  };
}

/** The browser, as far as its user agent says. */
export function browserOf(userAgent: string): string {
  const [, name, version] =
    /(Edg|OPR|Firefox|Chrome)\/(\d+)/.exec(userAgent) ?? /()Version\/(\d+).*Safari/.exec(userAgent) ?? [];
  const names: Record<string, string> = { Edg: 'Edge', OPR: 'Opera', '': 'Safari' };
  return name === undefined ? 'unknown browser' : `${names[name] ?? name} ${version}`;
}

/** In a few words: its own name, or what it is. */
export function describeDevice({ name, platform, cores, mobile, userAgent }: Device): string {
  const what = `${platform}${mobile ? ', mobile' : ''}, ${cores} cores, ${browserOf(userAgent)}`;
  return name ? `${name} (${what})` : what;
}
