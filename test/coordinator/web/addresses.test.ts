import type { NetworkInterfaceInfo } from 'node:os';
import { describe, expect, it } from 'vitest';
import { reachableHosts } from '../../../coordinator/web/addresses.ts';

const at = (address: string, fields: Partial<NetworkInterfaceInfo> = {}): NetworkInterfaceInfo[] => [
  {
    address,
    netmask: '255.255.255.0',
    family: 'IPv4',
    mac: '',
    internal: false,
    cidr: null,
    ...fields,
  } as NetworkInterfaceInfo,
];

describe('the addresses by which others reach this machine', () => {
  it('begin with the network that phones are in, not with containers, virtual machines or a VPN', () => {
    const interfaces = {
      lo: at('127.0.0.1', { internal: true }),
      docker0: at('172.17.0.1'),
      'br-5e4f': at('172.18.0.1'),
      tun0: at('10.8.0.2'),
      wlp3s0: [...at('192.168.1.5'), ...at('fe80::1', { family: 'IPv6', scopeid: 2 } as never)],
      virbr0: at('192.168.122.1'),
    };
    expect(reachableHosts(interfaces)).toEqual([
      '192.168.1.5',
      '172.17.0.1',
      '172.18.0.1',
      '10.8.0.2',
      '192.168.122.1',
    ]);
  });

  it('are those of a VPN where there is nothing else', () => {
    expect(reachableHosts({ wg0: at('10.8.0.2') })).toEqual(['10.8.0.2']);
  });
});
