import type { CounterName, HistogramName } from '../../ports/metrics.ts';

/**
 * What CloudWatch is told, and by which dimensions: each combination of a metric and its dimensions' values that
 * occurs is paid for, so there are fewer than Prometheus has labels. The status is told by its class.
 */
export const PUBLISHED: { readonly [Name in CounterName | HistogramName]?: readonly string[] } = {
  http_requests_total: ['route', 'status_class'],
  http_request_duration_seconds: ['route'],
  http_request_bytes_total: ['route'],
  http_response_bytes_total: ['route'],
  quota_refusals_total: [],
  images_accepted_total: ['content_type'],
  renditions_made_total: ['format'],
  rendition_duration_seconds: ['task'],
  search_duration_seconds: [],
  jobs_total: ['kind', 'outcome'],
  job_duration_seconds: ['kind'],
};
