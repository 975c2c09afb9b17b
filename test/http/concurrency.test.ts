import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import { OutcomeError } from '../../server/fhir/outcome.ts'
import { createConcurrency } from '../../server/http/concurrency.ts'

/** A response that a test closes. */
class Response extends EventEmitter {
  closed = false
  close(): void {
    this.closed = true
    this.emit('close')
  }
}

const refusal = (error: unknown): boolean =>
  error instanceof OutcomeError && error.status === 429 && error.headers['Retry-After'] === '1'

describe('the number of requests at the same time', () => {
  it('is limited for each caller by itself', () => {
    const count = createConcurrency(2)
    for (const agency of ['es', 'es', 'abe', 'abe', 'board']) count(agency, new Response())
    assert.throws(() => count('es', new Response()), refusal)
    assert.throws(() => count('abe', new Response()), refusal)
    count('board', new Response())
    assert.throws(() => count('board', new Response()), refusal)
  })

  it('goes down when a response is closed, and only then', () => {
    const count = createConcurrency(1)
    for (let times = 0; times < 3; times += 1) {
      const response = new Response()
      count('es', response)
      for (let tries = 0; tries < 3; tries += 1) assert.throws(() => count('es', new Response()), refusal)
      response.close()
    }
  })

  it('does not count a client that went away before it was identified', () => {
    const count = createConcurrency(1)
    const gone = new Response()
    gone.close()
    count('es', gone)
    count('es', new Response())
    assert.throws(() => count('es', new Response()), refusal)
  })

  it('takes every name of an agency', () => {
    const count = createConcurrency(1)
    for (const agency of ['__proto__', 'constructor', '']) {
      count(agency, new Response())
      assert.throws(() => count(agency, new Response()), refusal, agency)
    }
  })
})
