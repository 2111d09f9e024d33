import { z } from 'zod';
import {
  ApplicationDetail,
  ApplicationList,
  CampaignDetail,
  CampaignUsers,
  CreatedApplication,
  CreatedCampaign,
  DeletedCampaign,
  Failure,
  SendCounts,
  ServiceStatus,
} from '../src/powerauth/models';

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** An answer in the envelope that is an error. */
class PowerAuthFailure extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

/**
 * A typed client as strict as the strictest legacy one: anything but 200 is an error, an unknown or missing key in a
 * success or error body is a fault, and so is any other content type. It knows the API by its documented models.
 */
export class PowerAuthClient {
  /** @param baseUrl with the prefix, without a slash at its end */
  constructor(readonly baseUrl: string) {}

  status() {
    return this.object('GET', '/push/service/status', ServiceStatus);
  }

  createDevice(device: object) {
    return this.ok('POST', '/push/device/create', device);
  }

  createDeviceMulti(device: object) {
    return this.ok('POST', '/push/device/create/multi', device);
  }

  deleteDevice(device: object) {
    return this.ok('POST', '/push/device/delete', device);
  }

  async updateDeviceStatus(update: object) {
    await this.read('POST', '/push/device/status/update', Ok, JSON.stringify(update));
  }

  sendMessage(message: object) {
    return this.object('POST', '/push/message/send', SendCounts, message);
  }

  sendMessageBatch(batch: object) {
    return this.object('POST', '/push/message/batch/send', SendCounts, batch);
  }

  createCampaign(campaign: object) {
    return this.object('POST', '/push/campaign/create', CreatedCampaign, campaign);
  }

  /** Sends no body, but the content type, as the 1.0 Java client does. */
  deleteCampaign(id: number) {
    return this.object('POST', `/push/campaign/${id}/delete`, DeletedCampaign);
  }

  campaign(id: number) {
    return this.object('GET', `/push/campaign/${id}/detail`, CampaignDetail);
  }

  campaigns(all: boolean) {
    return this.object('GET', `/push/campaign/list/?all=${all}`, z.array(CampaignDetail));
  }

  addUsers(id: number, users: string[]) {
    return this.ok('PUT', `/push/campaign/${id}/user/add`, users);
  }

  users(id: number, page: number, size: number) {
    const answer = z.strictObject({
      status: z.literal('OK'),
      responseObject: CampaignUsers,
      page: z.literal(page),
      size: z.literal(size),
    });
    return this.read('GET', `/push/campaign/${id}/user/list?page=${page}&size=${size}`, answer);
  }

  deleteUsers(id: number, users: string[]) {
    return this.ok('POST', `/push/campaign/${id}/user/delete`, users);
  }

  sendTestCampaign(id: number, userId: string) {
    return this.ok('POST', `/push/campaign/send/test/${id}`, { userId });
  }

  sendCampaign(id: number) {
    return this.ok('POST', `/push/campaign/send/live/${id}`);
  }

  applications() {
    return this.object('GET', '/admin/app/list', ApplicationList);
  }

  unconfiguredApplications() {
    return this.object('GET', '/admin/app/unconfigured/list', ApplicationList);
  }

  application(id: number, includeIos: boolean, includeAndroid: boolean) {
    const request = { id, includeIos, includeAndroid };
    return this.object('POST', '/admin/app/detail', ApplicationDetail, request);
  }

  createApplication(appId: number) {
    return this.object('POST', '/admin/app/create', CreatedApplication, { appId });
  }

  updateIos(credential: object) {
    return this.ok('PUT', '/admin/app/ios/update', credential);
  }

  removeIos(id: number) {
    return this.ok('POST', '/admin/app/ios/remove', { id });
  }

  updateAndroid(credential: object) {
    return this.ok('PUT', '/admin/app/android/update', credential);
  }

  removeAndroid(id: number) {
    return this.ok('POST', '/admin/app/android/remove', { id });
  }

  /** Sends a request, and returns the reply as it is. */
  async send(verb: string, path: string, body?: string, headers: object = json): Promise<Reply> {
    const response = await fetch(this.baseUrl + path, {
      method: verb,
      headers: { ...headers },
      ...(body !== undefined && { body }),
    });
    return {
      status: response.status,
      headers: response.headers,
      text: verb === 'HEAD' ? '' : await response.text(),
    };
  }

  private async ok(verb: string, path: string, request?: unknown): Promise<void> {
    const body = request === undefined ? undefined : JSON.stringify({ requestObject: request });
    await this.read(verb, path, Ok, body);
  }

  private async object<Response>(
    verb: string,
    path: string,
    model: z.ZodType<Response>,
    request?: unknown,
  ): Promise<Response> {
    const answer = z.strictObject({ status: z.literal('OK'), responseObject: model });
    const body = request === undefined ? undefined : JSON.stringify({ requestObject: request });
    return (await this.read(verb, path, answer, body)).responseObject;
  }

  private async read<Answer>(
    verb: string,
    path: string,
    answer: z.ZodType<Answer>,
    body?: string,
  ): Promise<Answer> {
    const { status, headers, text } = await this.send(verb, path, body);
    if (headers.get('content-type') !== 'application/json') {
      throw new Error(`${verb} ${path} answers ${headers.get('content-type') ?? 'no type'}`);
    }
    const value: unknown = JSON.parse(text);
    if (status === 200) return answer.parse(value);
    const { code, message } = Failure.parse(value).responseObject;
    throw new PowerAuthFailure(status, code, message);
  }
}

const json = { 'content-type': 'application/json' };

const Ok = z.strictObject({ status: z.literal('OK') });
