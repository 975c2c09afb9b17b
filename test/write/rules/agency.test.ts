/** The ids `hub` and `board` are no agency's: what the hub and the board write is signed with them. */
import assert from 'node:assert/strict'
import { attacked, type Scene } from '../../attack/scene.ts'
import { transaction } from '../../builders/index.ts'
import { made, refused } from '../../given.ts'

describe('write / rules / agency', function () {
  this.timeout(20_000)
  let scene: Scene
  before(async () => (scene = await attacked()))
  after(() => scene.stop())

  const organization = (id: string) => ({
    resourceType: 'Organization',
    id,
    identifier: [{ system: 'https://no-wrong-door.example/fhir/NamingSystem/agency', value: id }],
    active: true,
    type: [{ coding: [{ system: 'https://no-wrong-door.example/fhir/CodeSystem/agency-type', code: 'agency' }] }],
    name: 'An agency',
  })

  it('lets nobody create or update Organization/hub, not even the board', async () => {
    const board = scene.as('board')
    const put = { method: 'PUT', url: 'Organization/hub', resource: organization('hub') }
    refused(await board.put('/Organization/hub', organization('hub')), 422, 'agency-rule')
    refused(await board.post('', transaction(put)), 422, 'agency-rule')
    refused(await scene.as('es').put('/Organization/hub', organization('hub')), 403, 'forbidden')
    assert.equal((await board.get('/Organization/hub')).status, 404)
  })

  it('leaves Organization/board to the board', async () => {
    const board = scene.as('board')
    const stored = made(await board.get('/Organization/board'))
    refused(await scene.as('es').put('/Organization/board', stored), 403, 'forbidden')
    made(await board.put('/Organization/board', { ...stored, alias: ['The board'] }))
  })

  it('takes no caller named hub, also where a store of an earlier version holds Organization/hub', async () => {
    refused(await scene.as('hub').get('/Organization'), 401, 'unknown-agency')
    const resource = organization('hub')
    const everyone = [{ agency: '*' }]
    await scene.store.commit({
      writes: [{ kind: 'put', method: 'PUT', resource, entries: [], audience: everyone, author: 'board' }],
    })
    refused(await scene.as('hub').get('/Organization'), 401, 'unknown-agency')
    assert.equal((await scene.as('board').delete('/Organization/hub')).status, 204)
  })
})
