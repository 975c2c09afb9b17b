import assert from 'node:assert/strict'
import { startFault } from '../../server/cli/fault.ts'
import { ConfigFault } from '../../server/config.ts'

const system = (code: string, more: object): Error => Object.assign(new Error(`${code}: something`), { code }, more)

describe('what keeps the hub from starting', () => {
  it('is one sentence without a stack for what was foreseen', () => {
    const faults = [
      new ConfigFault('There is no setting `HUB_X`: docs/settings.md lists those there are.'),
      system('EADDRINUSE', { address: '127.0.0.1', port: 8080 }),
      system('EADDRNOTAVAIL', { address: '127.9.9.9', port: 8080 }),
      system('EACCES', { path: '/var/lib/hub' }),
      system('EROFS', { path: '/var/lib/hub' }),
      system('ENOSPC', { path: '/var/lib/hub' }),
      system('ENOTFOUND', { hostname: 'nowhere' }),
    ]
    for (const fault of faults) {
      const text = startFault(fault)
      assert.equal(text.split('\n').length, 1, text)
      assert.doesNotMatch(text, /\bat .*:\d+:\d+/)
      assert.match(text, /\.$/)
    }
  })

  it('names the address that is taken, and the setting that changes it', () => {
    const text = startFault(system('EADDRINUSE', { address: '127.0.0.1', port: 8080 }))
    assert.match(text, /`127\.0\.0\.1:8080`/)
    assert.match(text, /HUB_PORT/)
  })

  it('shows the stack of an unexpected error', () => {
    assert.match(
      startFault(new TypeError('x is not a function')),
      /Please report it\.\nTypeError: x is not a function\n\s+at /,
    )
  })
})
