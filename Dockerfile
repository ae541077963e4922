# Autofix with a Caffe, for the CPU:        docker build -t autofix .
# and for NVIDIA's GPUs of today:           docker build -t autofix --build-arg CUDA=13.0 .
#
#   docker run --rm -v "$PWD:$PWD" -w "$PWD" autofix solver.prototxt --budget 20
#
# docs/gpu.md has more; scripts/check-container runs these steps where there is no Docker.
ARG BASE=debian:bookworm-slim

# ---- Compilers and sources, none of which reaches the image ----------------------------------------------------------
FROM ${BASE} AS build
ARG CUDA=
ARG CUDA_ARCH=
ENV DEBIAN_FRONTEND=noninteractive XDG_CACHE_HOME=/cache
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates python3 python3-venv

# The environment of Autofix; Caffe comes first, since it takes minutes and changes less often.
RUN python3 -m venv /opt/autofix
COPY scripts/install-caffe /src/scripts/install-caffe
COPY scripts/caffe /src/scripts/caffe
RUN python3 /src/scripts/install-caffe --python /usr/bin/python3 ${CUDA:+--cuda "$CUDA"} ${CUDA_ARCH:+--cuda-arch "$CUDA_ARCH"}

# Caffe, cuBLAS and cuRAND beside it, and a list of the packages that hold its other libraries.
COPY scripts/container/collect /src/scripts/container/collect
RUN sh /src/scripts/container/collect "$(python3 /src/scripts/install-caffe --where --python /usr/bin/python3)" /opt/caffe

COPY pyproject.toml README.md LICENSE /src/
COPY autofix /src/autofix
RUN /opt/autofix/bin/pip install --no-cache-dir "/src[dashboard,inspect${CUDA:+,gpu}]"

# ---- The image -------------------------------------------------------------------------------------------------------
FROM ${BASE}
ENV DEBIAN_FRONTEND=noninteractive
COPY --from=build /opt/caffe /opt/caffe
RUN apt-get update \
  && apt-get install -y --no-install-recommends python3 $(cat /opt/caffe/packages) \
  && rm -rf /var/lib/apt/lists/*
COPY --from=build /opt/autofix /opt/autofix
RUN useradd --create-home --uid 1000 autofix

# HOME is one that any --user may write to. The two of NVIDIA's say what its runtime lets in.
ENV PATH=/opt/autofix/bin:/opt/caffe/bin:/usr/local/bin:/usr/bin:/bin CAFFE_ROOT=/opt/caffe HOME=/tmp
ENV NVIDIA_VISIBLE_DEVICES=all NVIDIA_DRIVER_CAPABILITIES=compute,utility
USER autofix
ENTRYPOINT ["autofix"]
