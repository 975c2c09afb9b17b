import assert from 'node:assert/strict'
import { ConfigFault, SETTINGS, loadConfig } from '../server/config.ts'

/** The sentence with which these settings are refused. */
function refusal(env: Record<string, string>): string {
  try {
    loadConfig(env)
  } catch (error) {
    assert.ok(error instanceof ConfigFault, String(error))
    return error.message
  }
  return assert.fail('the settings were taken')
}

describe('the settings', () => {
  it('have a default for everything that the hub needs', () => {
    const config = loadConfig({})
    assert.equal(config.port, 8080)
    assert.equal(config.host, '127.0.0.1')
    assert.deepEqual(config.store, { kind: 'sqlite', path: '.hub/hub.sqlite' })
    assert.equal(config.seed, 'sample')
    assert.equal(config.rules, 'hub')
    assert.equal(config.timeZone, 'America/Chicago')
    assert.equal(config.publicUrl, undefined)
    assert.equal(config.loopbackEndpoints, false)
    assert.equal(config.transactionLimit, 500)
    assert.deepEqual(config.retrySchedule, [5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400])
  })

  it('are read as what they are', () => {
    const config = loadConfig({
      HUB_PORT: '0',
      HUB_HOST: '::1',
      HUB_STORE: 'memory:',
      HUB_LOOPBACK_ENDPOINTS: 'true',
      HUB_RETRY_SCHEDULE: '0, 1,2',
      HUB_PUBLIC_URL: 'https://hub.example.org/fhir/',
      PATH: '/usr/bin',
    })
    assert.equal(config.port, 0)
    assert.equal(config.host, '::1')
    assert.deepEqual(config.store, { kind: 'memory' })
    assert.equal(config.loopbackEndpoints, true)
    assert.deepEqual(config.retrySchedule, [0, 1, 2])
    assert.equal(config.publicUrl, 'https://hub.example.org/fhir')
  })

  it('take origins as browsers send them, and nothing wider', () => {
    const { corsOrigins } = loadConfig({ HUB_CORS: 'https://app.example.org, http://localhost:3000' })
    assert.deepEqual(corsOrigins, ['https://app.example.org', 'http://localhost:3000'])
    for (const text of [
      '*',
      'null',
      'https://app.example.org/',
      'app.example.org',
      'https://*.example.org',
      'file:///',
      ',',
    ])
      assert.match(refusal({ HUB_CORS: text }), /HUB_CORS/)
  })

  it('take an empty variable as unset', () => {
    assert.equal(loadConfig({ HUB_PORT: '' }).port, 8080)
  })

  it('answer an unknown name with the one that was meant', () => {
    assert.equal(refusal({ HUB_PROT: '1' }), 'There is no setting `HUB_PROT`: did you mean `HUB_PORT`?')
    assert.equal(
      refusal({ HUB_LOOPBACK_ENDPOINT: 'true' }),
      'There is no setting `HUB_LOOPBACK_ENDPOINT`: did you mean `HUB_LOOPBACK_ENDPOINTS`?',
    )
    assert.equal(
      refusal({ HUB_ELEPHANT: '1' }),
      'There is no setting `HUB_ELEPHANT`: docs/settings.md lists those there are.',
    )
  })

  it('answer a bad value with what is allowed', () => {
    assert.equal(
      refusal({ HUB_PORT: '80a' }),
      '`80a` is no value for the setting `HUB_PORT`: it takes a whole number from 0 to 65535.',
    )
    assert.equal(
      refusal({ HUB_PORT: '65536' }),
      '`65536` is no value for the setting `HUB_PORT`: it takes a whole number from 0 to 65535.',
    )
    assert.equal(
      refusal({ HUB_SEED: 'toString' }),
      '`toString` is no value for the setting `HUB_SEED`: it takes sample, none.',
    )
    assert.match(
      refusal({ HUB_STORE: 'mysql://x' }),
      /`mysql:\/\/x`.*`HUB_STORE`.*`sqlite:` and the path of a file, `mongodb:\/\/` with hosts and the name of a database, or `memory:`/,
    )
    assert.match(refusal({ HUB_TIME_ZONE: 'Mississippi' }), /IANA/)
    assert.match(refusal({ HUB_RETRY_SCHEDULE: '5,,6' }), /whole numbers of seconds/)
    assert.match(refusal({ HUB_PUBLIC_URL: 'ftp://x' }), /http or https address/)
    assert.match(refusal({ HUB_LOOPBACK_ENDPOINTS: 'constructor' }), /true, false/)
  })

  it('never show a secret', () => {
    const sentence = refusal({ HUB_SSN_KEY: 'too-short-secret' })
    assert.ok(!sentence.includes('too-short-secret'), sentence)
    assert.match(sentence, /at least 32 characters/)
  })

  it('refuse open mode on an address that others can reach', () => {
    for (const host of ['0.0.0.0', '::', '192.168.1.4', 'hub.example.org', '1270.0.0.1', '127.evil.example'])
      assert.match(refusal({ HUB_HOST: host }), /^HUB_AUTH=`open` .* set HUB_HOST to 127\.0\.0\.1\.$/, host)
  })

  it('allow open mode on every loopback address', () => {
    for (const host of ['127.0.0.1', '127.8.9.1', '::1', 'localhost'])
      assert.equal(loadConfig({ HUB_HOST: host }).host, host)
  })

  it('have defaults that their own kind accepts', () => {
    for (const [name, setting] of Object.entries(SETTINGS))
      if (setting.default !== undefined) assert.notEqual(setting.kind.read(setting.default), undefined, name)
  })
})
