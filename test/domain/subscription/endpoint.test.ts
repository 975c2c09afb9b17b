import assert from 'node:assert/strict'
import { allowedAddress, REFUSED } from '../../../server/domain/subscription/address.ts'
import { endpointFault } from '../../../server/domain/subscription/endpoint.ts'
import { headerFault, parseHeader } from '../../../server/domain/subscription/header.ts'

describe('subscription / address', () => {
  /** Of each refused range the first and the last address, and beside them the nearest that is allowed, if any. */
  const RANGES: readonly (readonly [first: string, last: string, before?: string, after?: string])[] = [
    ['0.0.0.0', '0.255.255.255', undefined, '1.0.0.0'],
    ['10.0.0.0', '10.255.255.255', '9.255.255.255', '11.0.0.0'],
    ['100.64.0.0', '100.127.255.255', '100.63.255.255', '100.128.0.0'],
    ['127.0.0.0', '127.255.255.255', '126.255.255.255', '128.0.0.0'],
    ['169.254.0.0', '169.254.255.255', '169.253.255.255', '169.255.0.0'],
    ['172.16.0.0', '172.31.255.255', '172.15.255.255', '172.32.0.0'],
    ['192.0.0.0', '192.0.0.255', '191.255.255.255', '192.0.1.0'],
    ['192.0.2.0', '192.0.2.255', '192.0.1.255', '192.0.3.0'],
    ['192.88.99.0', '192.88.99.255', '192.88.98.255', '192.88.100.0'],
    ['192.168.0.0', '192.168.255.255', '192.167.255.255', '192.169.0.0'],
    ['198.18.0.0', '198.19.255.255', '198.17.255.255', '198.20.0.0'],
    ['198.51.100.0', '198.51.100.255', '198.51.99.255', '198.51.101.0'],
    ['203.0.113.0', '203.0.113.255', '203.0.112.255', '203.0.114.0'],
    ['224.0.0.0', '239.255.255.255', '223.255.255.255'],
    ['240.0.0.0', '255.255.255.255'],
    ['::', '::ffff:ffff'],
    ['::ffff:0:0:0', '::ffff:0:ffff:ffff'],
    ['64:ff9b::', '64:ff9b::ffff:ffff'],
    ['64:ff9b:1::', '64:ff9b:1:ffff:ffff:ffff:ffff:ffff'],
    ['100::', '100::ffff:ffff:ffff:ffff'],
    ['2001::', '2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff', undefined, '2001:200::'],
    ['2001:db8::', '2001:db8:ffff:ffff:ffff:ffff:ffff:ffff', '2001:db7:ffff::', '2001:db9::'],
    ['2002::', '2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff', '2001:ffff::', '2003::'],
    ['3fff::', '3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff', '3ffe:ffff::', '3fff:1000::'],
    ['5f00::', '5f00:ffff:ffff:ffff:ffff:ffff:ffff:ffff', '5eff:ffff::', '5f01::'],
    ['fc00::', 'fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
    ['fe80::', 'febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
    ['fec0::', 'feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
    ['ff00::', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ]

  it('has a case for every refused range', () => {
    assert.equal(RANGES.length, REFUSED.length)
    REFUSED.forEach(([range], index) => assert.equal(range.split('/')[0], RANGES[index]?.[0]))
  })

  for (const [index, [first, last, before, after]] of RANGES.entries()) {
    it(`refuses ${REFUSED[index]?.[0]} (${REFUSED[index]?.[1]}) from its first address to its last, and nothing beside it`, () => {
      assert.deepEqual([allowedAddress(first, false), allowedAddress(last, false)], [false, false])
      for (const beside of [before, after]) if (beside) assert.equal(allowedAddress(beside, false), true, beside)
    })
  }

  it('allows public addresses of both families', () => {
    for (const ip of ['8.8.8.8', '93.184.216.34', '2606:4700:4700::1111', '::ffff:8.8.8.8'])
      assert.equal(allowedAddress(ip, false), true, ip)
  })

  it('knows the faces of an IPv4 address inside an IPv6 one', () => {
    const faces = [
      '::ffff:127.0.0.1',
      '::ffff:7f00:1',
      '::FFFF:10.0.0.1',
      '::ffff:a9fe:a9fe',
      '::127.0.0.1',
      '64:ff9b::7f00:1',
      '2002:7f00:1::',
      '0:0:0:0:0:ffff:7f00:0001',
    ]
    for (const ip of faces) assert.equal(allowedAddress(ip, false), false, ip)
  })

  it('opens loopback addresses alone by the setting', () => {
    for (const ip of ['127.0.0.1', '127.8.9.1', '::1', '::ffff:127.0.0.1'])
      assert.equal(allowedAddress(ip, true), true, ip)
    for (const ip of ['0.0.0.0', '::', '10.0.0.1', '169.254.169.254', 'fe80::1', '::2'])
      assert.equal(allowedAddress(ip, true), false, ip)
  })

  it('refuses what is no address', () => {
    for (const ip of ['', 'localhost', '127.1', '0x7f.0.0.1', '[::1]', '1.2.3.4.5'])
      assert.equal(allowedAddress(ip, true), false, ip)
  })
})

describe('subscription / endpoint', () => {
  const REFUSED_ENDPOINTS: readonly (readonly [endpoint: string, why: RegExp])[] = [
    ['', /absolute/],
    ['/hook', /absolute/],
    ['hook', /absolute/],
    ['//agency.example/hook', /absolute/],
    ['ftp://agency.example/hook', /absolute/],
    ['mailto:a@agency.example', /absolute/],
    ['file:///etc/passwd', /absolute/],
    ['https:///hook', /absolute/],
    ['https:agency.example', /absolute/],
    ['https://', /absolute/],
    ['https://agency.example:99999/', /absolute/],
    ['https://user@agency.example/', /user name/],
    ['https://user:secret@agency.example/', /user name/],
    ['https://@agency.example/', /user name/],
    ['https://agency.example/#part', /fragment/],
    ['http://agency.example/hook', /https/],
    ['http://93.184.216.34/hook', /https/],
    ['https://localhost/hook', /loopback/],
    ['https://LOCALHOST./hook', /loopback/],
    ['https://app.localhost/hook', /loopback/],
    ['https://127.0.0.1/hook', /private/],
    ['https://127.1/hook', /private/],
    ['https://2130706433/hook', /private/],
    ['https://0x7f000001/hook', /private/],
    ['https://0177.0.0.1/hook', /private/],
    ['https://127.0.0.1./hook', /private/],
    ['https://①②⑦.0.0.1/hook', /private/],
    ['https://[::1]/hook', /private/],
    ['https://[::ffff:7f00:1]/hook', /private/],
    ['https://[::ffff:127.0.0.1]/hook', /private/],
    ['https://[fe80::1]/hook', /private/],
    ['https://10.1.2.3/hook', /private/],
    ['https://169.254.169.254/latest/meta-data/', /private/],
    ['https://[fd00:ec2::254]/latest/meta-data/', /private/],
    ['https://0/hook', /private/],
  ]
  for (const [endpoint, why] of REFUSED_ENDPOINTS) {
    it(`refuses \`${endpoint}\``, () => assert.match(endpointFault(endpoint, false) ?? 'nothing', why))
  }

  it('takes https addresses of names and public addresses', () => {
    for (const endpoint of [
      'https://agency.example/hook?a=b',
      'https://agency.example:8443/a@b',
      'HTTPS://93.184.216.34/',
      'https://[2606:4700::1]/hook',
    ]) {
      assert.equal(endpointFault(endpoint, false), undefined, endpoint)
    }
  })

  it('takes loopback addresses, and plain http to them alone, by the setting', () => {
    for (const endpoint of ['http://127.0.0.1:9000/hook', 'http://[::1]:9000/hook', 'http://localhost:9000/hook']) {
      assert.equal(endpointFault(endpoint, true), undefined, endpoint)
    }
    assert.match(endpointFault('http://agency.example/hook', true) ?? '', /https/)
    assert.match(endpointFault('http://93.184.216.34/hook', true) ?? '', /https/)
    assert.match(endpointFault('http://10.0.0.1/hook', true) ?? '', /private/)
  })
})

describe('subscription / header', () => {
  it('reads name and value at the first colon', () => {
    assert.deepEqual(parseHeader('Authorization: Bearer a:b'), ['Authorization', 'Bearer a:b'])
    assert.deepEqual(parseHeader('X-Route:vr'), ['X-Route', 'vr'])
  })

  for (const header of [
    '',
    'X-Route',
    ': value',
    'X Route: vr',
    'X-Route: ',
    'X-Route: a\r\nHost: b',
    'X-Route: a\nb',
    'X-Route: \u0000',
    'X-Route: é',
    'X-Route : vr',
  ]) {
    it(`refuses ${JSON.stringify(header)}`, () => assert.match(headerFault(header) ?? 'nothing', /one line/))
  }

  for (const name of [
    'Host',
    'content-length',
    'Content-Type',
    'Transfer-Encoding',
    'Connection',
    'Upgrade',
    'Proxy-Authorization',
    'webhook-id',
    'User-Agent',
    'X-Forwarded-For',
  ]) {
    it(`keeps ${name} for the message itself`, () =>
      assert.match(headerFault(`${name}: secret`) ?? 'nothing', /belongs to the message itself/))
  }

  it('does not repeat the value, which may be a secret', () => {
    for (const header of ['Host: canary', 'X Y: canary', 'X: canary\n'])
      assert.doesNotMatch(headerFault(header) ?? '', /canary/)
  })
})
