import assert from 'node:assert/strict'
import { createLog, type Fields, type LogLevel } from '../server/log.ts'
import { refuse } from '../server/fhir/outcome.ts'

/** What is written when `writeTo` uses a log of this level: one object for each line. */
function written(
  level: LogLevel | 'silent',
  writeTo: (log: ReturnType<typeof createLog>) => void,
): Record<string, unknown>[] {
  const lines: string[] = []
  writeTo(createLog(level, { write: (line: string) => void lines.push(line) }))
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>)
}

describe('the log', () => {
  it('writes an event with its fields as one line of JSON', () => {
    const [line] = written('info', (log) =>
      log.info('request', { method: 'GET', route: '/:type/:id', status: 200, ms: 1.5 }),
    )
    const { time, ...rest } = line ?? {}
    assert.equal(typeof time, 'number')
    assert.deepEqual(rest, {
      level: 'info',
      event: 'request',
      method: 'GET',
      route: '/:type/:id',
      status: 200,
      ms: 1.5,
    })
  })

  it('drops every field that is not on its list', () => {
    const fields = { status: 200, name: 'Elvis', url: '/Patient?family=Presley', body: {} } as Fields
    const [line] = written('info', (log) => log.info('request', fields))
    assert.deepEqual(Object.keys(line ?? {}).sort(), ['event', 'level', 'status', 'time'])
  })

  it('says where a fault arose, and of its message only what cannot quote a person', () => {
    const faults = [
      refuse('value-format', '`Presley` is no date.'),
      new TypeError('x is not a function'),
      Object.assign(new Error('disk'), { code: 'EIO' }),
    ]
    const lines = written('info', (log) => faults.forEach((fault) => log.error('fault', { fault })))
    const logged = lines.map((line) => line.fault as { name: string; message?: string; at: string[] })
    assert.deepEqual(
      logged.map(({ message }) => message),
      [undefined, 'x is not a function', 'disk'],
    )
    assert.ok(logged.every(({ at }) => at.length > 0 && at.every((frame) => !frame.includes('Presley'))))
    assert.doesNotMatch(JSON.stringify(lines), /Presley/)
  })

  it('writes nothing below its level, and nothing at all when silent', () => {
    assert.equal(written('warn', (log) => log.info('request')).length, 0)
    assert.equal(written('warn', (log) => log.error('fault')).length, 1)
    assert.equal(written('silent', (log) => log.error('fault')).length, 0)
  })
})
