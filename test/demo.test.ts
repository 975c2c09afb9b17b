/** The request files of samples/ as a reader would send them, one after the other, to a new hub. */
import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from './checks/files.ts'
import { fill, readHttpFile, valueAt, type HttpRequest } from './checks/http-file.ts'
import { given, type Given } from './given.ts'

const FOLDERS = [
  'samples/scenarios/elvis',
  'samples/scenarios/family',
  'samples/scenarios/referrals',
  'samples/requests',
]

const filesIn = (folder: string): readonly string[] =>
  readdirSync(join(ROOT, folder))
    .filter((file) => file.endsWith('.http'))
    .sort()

describe('the request files', function () {
  this.timeout(60_000)

  for (const folder of FOLDERS) {
    describe(`of ${folder}`, () => {
      let hub: Given
      const variables = new Map<string, string>()
      before(async () => {
        hub = await given()
        variables.set('hub', hub.url)
      })
      after(() => hub.stop())

      it('are there', () => assert.ok(filesIn(folder).length > 0))

      for (const file of filesIn(folder)) {
        it(`${file} gets the expected answers`, async () => {
          for (const request of readHttpFile(join(ROOT, folder, file))) await send(request, variables)
        })
      }
    })
  }
})

async function send(request: HttpRequest, variables: Map<string, string>): Promise<void> {
  const { method, headers, title } = request
  const body = request.body === '' ? {} : { body: fill(request.body, variables) }
  const response = await fetch(fill(request.url, variables), { method, headers, ...body })
  const text = await response.text()
  assert.equal(response.status, request.expected, `${title}: ${text}`)
  for (const [name, way] of request.sets) {
    const value = valueAt(JSON.parse(text), way)
    assert.equal(typeof value, 'string', `${title}: the answer has no ${way}`)
    variables.set(name, String(value))
  }
}
