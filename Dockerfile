# Burnish in a container. `docker build -t burnish .` is for CUDA, `docker build --target cpu -t burnish:cpu .` for CPUs.
#
#   docker run --rm --gpus all -v $PWD:/work burnish pairs folder:photos#ask=… --model … --out runs/pairs

FROM nvidia/cuda:12.8.1-base-ubuntu24.04 AS cuda
RUN apt-get update && apt-get install -y --no-install-recommends python3 python3-venv && rm -rf /var/lib/apt/lists/*
RUN python3 -m venv /opt/burnish
ENV PATH=/opt/burnish/bin:$PATH
COPY pyproject.toml README.md LICENSE constraints.txt /src/
COPY src /src/src
RUN pip install --no-cache-dir -c /src/constraints.txt "/src[review]"
WORKDIR /work
ENTRYPOINT ["burnish"]

FROM python:3.12-slim AS cpu
COPY pyproject.toml README.md LICENSE constraints.txt /src/
COPY src /src/src
RUN pip install --no-cache-dir torch torchvision -c /src/constraints.txt --index-url https://download.pytorch.org/whl/cpu \
    && pip install --no-cache-dir -c /src/constraints.txt "/src[review]"
WORKDIR /work
ENTRYPOINT ["burnish"]

# The default target
FROM cuda
