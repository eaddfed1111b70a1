/**
 * Connections that may wait to be accepted, for all listeners: a burst of viewers waits in the kernel. Behind a
 * shorter queue (SRS: 512) clients wait seconds for a retransmission, or meet a reset, when thousands come at once.
 * The kernel cuts it to net.core.somaxconn (4096 since Linux 5.4).
 */
export const LISTEN_BACKLOG = 4096;
